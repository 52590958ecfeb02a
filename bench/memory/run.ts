/**
 * What requests and idle connections cost in memory: resident memory of Pergola's data plane, everything on, after 100,000 and after
 * 1,000,000 requests, and for each of 10,000 connections that have made a request and are kept.
 *
 * Usage: node bench/memory/run.ts. Needs nginx and wrk from Debian. Linux only.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { fullLoad } from "../proxy/load.ts";
import { originConfig } from "../proxy/peers/nginx.ts";
import { cores, freePort, residentMemory, start } from "../proxy/processes.ts";
import { path } from "../proxy/scene.ts";
import { plainHeaders, signedHeaders } from "../proxy/session.ts";

const idleConnections = 10_000;
const megabyte = 1 << 20;

await measure(requests);
await measure(connections);

interface Scene {
  readonly port: number;
  /** Of the process that is measured. */
  readonly pid: number;
}

/** Each with a fresh origin and a fresh Pergola. */
async function measure(what: (scene: Scene) => Promise<void>): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), "pergola-memory-"));
  const [port, originPort] = [await freePort(), await freePort()];
  const home = join(directory, "origin");
  mkdirSync(home);
  const file = join(home, "nginx.conf");
  writeFileSync(file, originConfig(home, originPort));
  const origin = await start(cores.load, ["nginx", "-c", file, "-e", join(home, "error.log")], originPort);
  const script = join(import.meta.dirname, "..", "proxy", "pergola.ts");
  const command = [process.execPath, script, String(port), String(originPort), directory, "AWS_IAM", "20"];
  const pergola = await start(cores.proxy, command, port);
  try {
    await what({ port, pid: pergola.child.pid ?? 0 });
  } finally {
    await pergola.stop();
    await origin.stop();
    rmSync(directory, { recursive: true, force: true });
  }
}

/** The collector gives memory back some time after the load is over. */
async function settled(pid: number): Promise<number> {
  await pause(5_000);
  return residentMemory(pid);
}

async function requests({ port, pid }: Scene): Promise<void> {
  let done = 0;
  const until = async (count: number): Promise<number> => {
    while (done < count) {
      const signed = [{ path, headers: await signedHeaders(path) }] as const;
      done += (await fullLoad({ port, requests: signed, connections: 64, seconds: 2 })).requests;
    }
    return settled(pid);
  };
  const early = await until(100_000);
  const earlyCount = done;
  const late = await until(1_000_000);
  const growth = ((late / early - 1) * 100).toFixed(1);
  console.log(`resident after ${earlyCount} requests: ${(early / megabyte).toFixed(0)} MB`);
  console.log(`resident after ${done} requests: ${(late / megabyte).toFixed(0)} MB (${growth} %; bar: within 10 %)`);
}

async function connections({ port, pid }: Scene): Promise<void> {
  const before = await settled(pid);
  const head = Object.entries(plainHeaders).map(([name, value]) => `${name}: ${value}\r\n`);
  // Denied, so that no connection to the target counts.
  const request = `GET /api/v1/admin/x HTTP/1.1\r\n${head.join("")}\r\n`;
  const open: Socket[] = [];
  const openOne = async (): Promise<void> => {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const socket = connect(port, "127.0.0.1", () => socket.write(request));
    socket.once("data", () => resolve());
    socket.once("error", reject);
    open.push(socket);
    await promise;
  };
  while (open.length < idleConnections - 100) await Promise.all(Array.from({ length: 100 }, openOne));
  const after = await settled(pid);
  const each = (after - before) / open.length / 1024;
  console.log(`each of ${open.length} kept connections: ${each.toFixed(1)} KB (bar: under 12 KB)`);
  for (const socket of open) socket.destroy();
}
