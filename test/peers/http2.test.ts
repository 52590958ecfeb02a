import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { goProgram } from "../clients/go-program.ts";
import { makeCertificate } from "../harness/certificates.ts";
import { newListener, ruleInput } from "../harness/lattice-resources.ts";
import { logToBoth, openService } from "../harness/open-service.ts";
import { openScene, type Scene } from "../harness/scene.ts";
import { entriesWithin, readLogGroup } from "../walkthrough/access-log-files.ts";
import { output, type ServerProgram, startServer } from "./programs.ts";

let scene: Scene;
let go: string;
let target: ServerProgram;
let host: string;
let logGroup: string;
const directory = mkdtempSync(join(tmpdir(), "pergola-peers-"));
const body = "0123456789".repeat(20_000);

beforeAll(async () => {
  go = await goProgram(new URL("go", import.meta.url).pathname);
  const { certificate, privateKey } = await makeCertificate(["target.test"]);
  const [cert, key] = [join(directory, "cert.pem"), join(directory, "key.pem")];
  writeFileSync(cert, certificate);
  writeFileSync(key, privateKey);
  writeFileSync(join(directory, "body"), body);
  target = await startServer(go, ["serve", cert, key]);
  scene = await openScene();
  await openPorts();
});
afterAll(async () => {
  await scene[Symbol.asyncDispose]();
  target[Symbol.dispose]();
  rmSync(directory, { recursive: true });
});

/** A service in clear and over TLS: `/go` goes to Go's server over HTTP/2, all else to Node's over HTTP/1.1. */
async function openPorts(): Promise<void> {
  const { client } = scene;
  const go2 = await scene.groupOf(target, { protocol: "HTTPS", protocolVersion: "HTTP2" });
  const node1 = await scene.groupOf(await scene.startProgram((request, response) => void request.pipe(response)));
  const service = await openService(client);
  host = service.host;
  ({ group: logGroup } = await logToBoth(client, service.id));
  const to = ({ id }: { readonly id: string }) => ({ forward: { targetGroups: [{ targetGroupIdentifier: id }] } });
  for (const [protocol, port] of [
    ["HTTP", 80],
    ["HTTPS", 443],
  ] as const) {
    const listener = await newListener(client, service.id, { protocol, port, defaultAction: to(node1) });
    const match = { httpMatch: { pathMatch: { match: { prefix: "/go" } } } };
    await client.createRule(ruleInput(service.id, listener.id, { match, action: to(go2) }));
  }
}

function curl(...args: string[]): Promise<string> {
  const { httpPort, httpsPort, caFile } = scene.pergola;
  const connect = ["--connect-to", `::127.0.0.1:${httpPort}`];
  const connectTls = ["--connect-to", `::127.0.0.1:${httpsPort}`, "--cacert", caFile];
  const isTls = args.at(-1)?.startsWith("https:") === true;
  return output("curl", ["--silent", "--show-error", "--fail", ...(isTls ? connectTls : connect), ...args]);
}

it.each([
  ["HTTP/1.1", "http", ["--http1.1"], "1.1"],
  ["HTTP/1.1 over TLS", "https", ["--http1.1"], "1.1"],
  ["HTTP/2 by ALPN", "https", ["--http2"], "2"],
  ["HTTP/2 with prior knowledge", "http", ["--http2-prior-knowledge"], "2"],
  ["an offer to upgrade, which is ignored", "http", ["--http2"], "1.1"],
])("curl speaks %s", async (_name, scheme, args, version) => {
  const upload = ["--data-binary", `@${join(directory, "body")}`, "--write-out", " %{http_version} %{http_code}"];

  const printed = await curl(...args, ...upload, `${scheme}://${host}/`);

  expect(printed === `${body} ${version} 200`).toBe(true);
});

it("h2load gets a response to every request, over TLS and in clear, and each has its record", async () => {
  const { httpPort, httpsPort } = scene.pergola;
  for (const [scheme, port] of [
    ["http", httpPort],
    ["https", httpsPort],
  ] as const) {
    const load = ["-n", "3000", "-c", "8", "-m", "20", `--connect-to=127.0.0.1:${port}`, `${scheme}://${host}/load`];
    const printed = await output("h2load", load);
    expect(printed).toMatch(/3000 succeeded, 0 failed, 0 errored, 0 timeout/);
    expect(printed).toMatch(/status codes: 3000 2xx/);
  }
  const read = () => readLogGroup(scene.pergola.dataDir, logGroup).filter(({ requestPath }) => requestPath === "/load");
  const records = await entriesWithin(read, 6_000);
  expect(records).toHaveLength(6_000);
  expect(new Set(records.map(({ requestId }) => requestId)).size).toBe(6_000);
  expect(records.every(({ protocol, responseCode }) => protocol === "HTTP/2" && responseCode === 200)).toBe(true);
}, 120_000);

it("Go's client reaches Go's server: one connection, whole bodies, trailers", async () => {
  const { httpsPort, caFile } = scene.pergola;

  const outcome = JSON.parse(await output(go, ["call", `127.0.0.1:${httpsPort}`, host, caFile]));

  expect(outcome).toEqual({
    calls: 201,
    connections: expect.any(Number),
    failures: [],
    headers: { "x-target-proto": "HTTP/2.0", "x-target-host": host },
  });
  expect(outcome.connections).toBeLessThan(5);
});

it("h2load goes through to a server in Go over HTTP/2", async () => {
  const load = ["-n", "500", "-c", "4", "-m", "32", `--connect-to=127.0.0.1:${scene.pergola.httpsPort}`];
  const printed = await output("h2load", [...load, "-d", join(directory, "body"), `https://${host}/go`]);
  expect(printed).toMatch(/status codes: 500 2xx/);
}, 120_000);
