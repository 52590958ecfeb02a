import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, it, onTestFinished } from "vitest";
import { forwardTo, newListener, newRule } from "../harness/lattice-resources.ts";
import { type OpenService, openService } from "../harness/open-service.ts";
import { openPlainClient, type PlainClient } from "../harness/plain-client.ts";
import { openScene, type Scene } from "../harness/scene.ts";
import { mainFile, runPergola } from "./run-pergola.ts";

let scene: Scene;
let service: OpenService;
beforeAll(async () => {
  scene = await openScene();
  const program = await scene.startProgram((request, response) => {
    response.writeHead(request.url?.startsWith("/fails") === true ? 503 : 200).end();
  });
  service = await openService(scene.client);
  const group = await scene.groupOf(program);
  const listener = await newListener(scene.client, service.id);
  const match = { httpMatch: { pathMatch: { match: { prefix: "/" } } } };
  await newRule(scene.client, service.id, listener.id, { priority: 1, match, action: forwardTo(group.id) });
});
afterAll(() => scene?.[Symbol.asyncDispose]());

function client(): PlainClient {
  return openPlainClient(service.host, scene.pergola.httpPort, 1);
}

function env(): Record<string, string> {
  return { PERGOLA_API_URL: scene.pergola.apiUrl };
}

async function pathsOf(...args: readonly string[]): Promise<string[]> {
  const { code, stdout, stderr } = await runPergola(["logs", "-o", "json", ...args], { env: env() });
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  const lines = stdout.split("\n").filter((line) => line !== "");
  return lines.map((line) => (JSON.parse(line) as { requestPath: string }).requestPath);
}

it("logs shows the last requests that fit, oldest first, also of services without an access log", async () => {
  using plain = client();
  for (const path of ["/a", "/fails/b", "/c", "/fails/d"]) await plain.send({ path });
  await expect.poll(() => pathsOf()).toEqual(["/a", "/fails/b", "/c", "/fails/d"]);

  expect(await pathsOf("--status", "5xx")).toEqual(["/fails/b", "/fails/d"]);
  expect(await pathsOf("--path", "/fails", "--limit", "1")).toEqual(["/fails/d"]);
  const { name } = await scene.client.getService({ serviceIdentifier: service.id });
  expect(await pathsOf("--service", name ?? "", "--status", "<300")).toEqual(["/a", "/c"]);
  expect(await pathsOf("--service", "svc-00000000000000000")).toEqual([]);
  expect(await pathsOf("--denied")).toEqual([]);
});

it("a filter that cannot be used is refused with the right form", async () => {
  const { code, stderr } = await runPergola(["logs", "--status", "6xx", "--follow"], { env: env() });

  expect({ code, stderr }).toEqual({
    code: 1,
    stderr: "pergola: status must be such as 5xx, 403 or >=400, not `6xx`\n",
  });
});

it("logs --follow goes on with what comes, and ends with 0 on Ctrl-C", async () => {
  const child = spawn(process.execPath, [mainFile, "logs", "--follow", "--limit", "0", "--path", "/followed"], {
    env: { PATH: process.env.PATH ?? "", ...env() },
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  let out = "";
  child.stdout.on("data", (chunk: Buffer) => {
    out += chunk.toString();
  });
  const followed = (): string[] => [...out.matchAll(/\/followed\/(\S+)/g)].map(([, name]) => name ?? "");
  {
    using plain = client();
    let sent = 0;
    await expect
      .poll(async () => {
        sent += 1;
        await plain.send({ path: `/followed/${sent}` });
        await plain.send({ path: "/other" });
        return followed().length;
      })
      .toBeGreaterThan(0);
    await plain.send({ path: "/followed/last" });
    await expect.poll(() => followed().at(-1)).toBe("last");
  }

  expect(new Set(followed()).size).toBe(followed().length);
  expect(out).not.toContain("/other");

  child.kill("SIGINT");
  expect(await once(child, "exit")).toEqual([0, null]);
});

it("after a break logs --follow asks again, and prints nothing twice and nothing less", async () => {
  const streams = [
    [{ record: { requestId: "a" } }, { live: true }, { record: { requestId: "b" } }, { dropped: 7 }],
    [{ record: { requestId: "a" } }, { record: { requestId: "b" } }, { record: { requestId: "c" } }, { live: true }],
  ];
  const server = createServer((_request, response) => {
    const lines = streams.shift();
    if (lines === undefined) return;
    response.write(lines.map((line) => `${JSON.stringify(line)}\n`).join(""));
    setTimeout(() => response.destroy(), 50);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const child = spawn(process.execPath, [mainFile, "logs", "--follow", "-o", "json"], {
    env: { PATH: process.env.PATH ?? "", PERGOLA_API_URL: url },
  });
  onTestFinished(() => {
    child.kill("SIGKILL");
    server.closeAllConnections();
    server.close();
  });
  let out = "";
  let err = "";
  child.stdout.on("data", (chunk: Buffer) => {
    out += chunk.toString();
  });
  child.stderr.on("data", (chunk: Buffer) => {
    err += chunk.toString();
  });

  await expect.poll(() => out, { timeout: 10_000 }).toContain('"c"');

  expect(out.match(/"[abc]"/g)).toEqual(['"a"', '"b"', '"c"']);
  expect(err).toContain("7 records are left out");
  child.kill("SIGINT");
  expect(await once(child, "exit")).toEqual([0, null]);
});

it("a server ends its streams when it stops, at once", async () => {
  const response = await fetch(`${scene.pergola.apiUrl}/pergola/logs?follow=true`);
  const body = response.text();
  const since = performance.now();

  expect(await scene.pergola.stop()).toBe(0);

  expect(await body).toContain('{"live":true}');
  expect(performance.now() - since).toBeLessThan(15_000);
  await scene.restart();
});
