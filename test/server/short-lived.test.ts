import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { Agent, createServer, request } from "node:http";
import { type ClientHttp2Session, connect as connectHttp2 } from "node:http2";
import { type AddressInfo, connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { host, path } from "../../bench/proxy/scene.ts";
import { freePorts } from "../harness/pergola.ts";

/** A data plane with an access log, not optimised: V8's optimisation takes away much of what could outlive its request. */
async function startTraced(): Promise<{ readonly port: number; readonly collections: () => Collection[] }> {
  const target = createServer((_, answer) => answer.end("x".repeat(1024))).listen(0, "127.0.0.1");
  await once(target, "listening");
  const [port = 0] = await freePorts(1);
  const script = new URL("../../bench/proxy/pergola.ts", import.meta.url).pathname;
  const flags = ["--no-opt", "--no-maglev", "--trace-gc-nvp", "--min-semi-space-size=2", "--max-semi-space-size=2"];
  const directory = await mkdtemp(join(tmpdir(), "pergola-test-"));
  const scene = [port, (target.address() as AddressInfo).port, directory, "NONE", 20, "HTTP1"];
  const child = spawn(process.execPath, [...flags, script, ...scene.map(String)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  onTestFinished(async () => {
    await stopped(child);
    target.closeAllConnections();
    target.close();
    await rm(directory, { recursive: true, force: true });
  });
  let traced = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    traced += text;
  });
  await expect.poll(() => isOpen(port), { timeout: 15_000 }).toBe(true);
  return { port, collections: () => traced.split("\n").flatMap(collectionOf) };
}

interface Collection {
  readonly allocated: number;
  readonly survived: number;
}

/** One of the young generation, as `--trace-gc-nvp` tells of it. */
function collectionOf(line: string): Collection[] {
  const found = / gc=s .* allocated=(\d+) .* new_space_survived=(\d+) /.exec(line);
  return found === null ? [] : [{ allocated: Number(found[1]), survived: Number(found[2]) }];
}

async function stopped(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  child.kill("SIGINT");
  await once(child, "exit");
}

function isOpen(port: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const socket = connect(port, "127.0.0.1", () => resolve(true)).on("error", () => resolve(false));
  return promise.finally(() => socket.destroy());
}

async function overHttp1(port: number, count: number): Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  for (let i = 0; i < count; i += 1) {
    const asked = request({ port, host: "127.0.0.1", path, headers: { host }, agent }).end();
    const [incoming] = await once(asked, "response");
    expect(incoming.statusCode).toBe(200);
    await once(incoming.resume(), "end");
  }
  agent.destroy();
}

async function overHttp2(port: number, count: number): Promise<void> {
  const session: ClientHttp2Session = connectHttp2(`http://127.0.0.1:${port}`);
  for (let i = 0; i < count; i += 1) {
    const stream = session.request({ ":path": path, ":authority": host });
    const [headers] = await once(stream, "response");
    expect(headers[":status"]).toBe(200);
    await once(stream.resume(), "close");
  }
  session.destroy();
}

/**
 * What is reachable from dead objects of the old generation survives too, and takes along what came after it, for as long as the
 * process runs: two closures a request were a quarter of all memory once.
 */
it.each([
  ["HTTP/1.1", overHttp1],
  ["HTTP/2", overHttp2],
])("what a request over %s needs does not outlive it by much", { timeout: 90_000 }, async (_, send) => {
  const { port, collections } = await startTraced();
  await send(port, 1_000);
  const before = collections().length;
  await send(port, 3_000);
  await expect.poll(() => collections().length - before).toBeGreaterThan(8);
  const later = collections().slice(before);
  const sum = (key: keyof Collection): number => later.reduce((total, one) => total + one[key], 0);
  expect(sum("survived") / sum("allocated")).toBeLessThan(0.05);
});
