import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { goProgram } from "../clients/go-program.ts";
import { makeCertificate } from "../harness/certificates.ts";
import { forwardTo, newListener, ruleInput } from "../harness/lattice-resources.ts";
import { openService } from "../harness/open-service.ts";
import { openScene, type Scene } from "../harness/scene.ts";
import { output, type ServerProgram, startServer } from "./programs.ts";

const directory = mkdtempSync(join(tmpdir(), "pergola-targets-"));
const body = "0123456789".repeat(50_000);
let scene: Scene;
let host: string;
const programs: ServerProgram[] = [];

beforeAll(async () => {
  writeFileSync(join(directory, "body"), body);
  const { certificate, privateKey } = await makeCertificate(["target.test"]);
  const [cert, key] = [join(directory, "cert.pem"), join(directory, "key.pem")];
  writeFileSync(cert, certificate);
  writeFileSync(key, privateKey);
  const python = await startServer("python3", [new URL("http_target.py", import.meta.url).pathname]);
  const go = await startServer(await goProgram(new URL("go", import.meta.url).pathname), ["serve", cert, key]);
  programs.push(python, go);
  scene = await openScene();
  const { client } = scene;
  const service = await openService(client);
  host = service.host;
  const listener = await newListener(client, service.id, {
    port: 80,
    defaultAction: forwardTo((await scene.groupOf(python)).id),
  });
  // Go's server speaks HTTP/1.1 over TLS with clients that do not offer HTTP/2.
  const toGo = await scene.groupOf(go, { protocol: "HTTPS", protocolVersion: "HTTP1" });
  const match = { httpMatch: { pathMatch: { match: { prefix: "/go" } } } };
  await client.createRule(ruleInput(service.id, listener.id, { match, action: forwardTo(toGo.id) }));
});
afterAll(async () => {
  await scene[Symbol.asyncDispose]();
  for (const program of programs) program[Symbol.dispose]();
  rmSync(directory, { recursive: true });
});

/** @returns what curl prints of a request over HTTP/1.1, with the heads of responses */
function curl(path: string, ...args: string[]): Promise<string> {
  const connect = ["--connect-to", `::127.0.0.1:${scene.pergola.httpPort}`, "--http1.1"];
  return output("curl", ["--silent", "--show-error", "--include", ...connect, ...args, `http://${host}${path}`]);
}

const upload = ["--data-binary", `@${join(directory, "body")}`];
const chunked = [...upload, "-H", "Transfer-Encoding: chunked"];

it("brings bodies to Python's http.server and back whole, counted and in chunks", async () => {
  for (const args of [upload, chunked, [...upload, "-H", "Expect:"]]) {
    const answer = await curl("/", ...args);
    expect(answer).toMatch(/x-target: python/i);
    expect(answer.endsWith(`\r\n\r\n${body}`)).toBe(true);
  }
});

// Not in chunks: of those, Go's server drops up to 256 KB as soon as a handler answers, with or without a gateway in between.
it("brings counted bodies to Go's net/http over TLS and back whole", async () => {
  const answer = await curl("/go", ...upload);
  expect(answer).toMatch(/x-target-proto: HTTP\/1\.1/i);
  expect(answer.endsWith(`\r\n\r\n${body}`)).toBe(true);
});

it("passes on HEAD and streams of events of Python's http.server", async () => {
  expect(await curl("/", "--head")).toMatch(/^HTTP\/1\.1 200 OK\r\n[\s\S]*content-length: 5\r\n/i);
  expect(await curl("/events")).toMatch(/\r\n\r\ndata: 0\n\ndata: 1\n\ndata: 2\n\n$/);
});

it("lets Python's http.server refuse a body before it is sent", async () => {
  const answer = await curl("/refused", ...upload, "-H", "Expect: 100-continue");
  expect(answer).toMatch(/^HTTP\/1\.1 413 /);
  expect(answer).not.toContain("100 Continue");
});

it("uses connections to both again", async () => {
  for (const [path, size] of [
    ["/", 5],
    ["/go", 0],
  ] as const) {
    const answers = await curl(path, ...Array.from({ length: 9 }, () => `http://${host}${path}`));
    expect(answers.match(/HTTP\/1\.1 200 OK/g)).toHaveLength(10);
    expect(answers.match(/hello/g) ?? []).toHaveLength(size === 0 ? 0 : 10);
  }
});
