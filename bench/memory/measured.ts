import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { nodeFlags } from "../proxy/contenders.ts";
import { fullLoad, http2Load, type Load } from "../proxy/load.ts";
import { originConfig } from "../proxy/peers/nginx.ts";
import { cores, freePort, residentMemory, start } from "../proxy/processes.ts";
import { path } from "../proxy/scene.ts";
import { plainHeaders, signedHeaders } from "../proxy/session.ts";
import type { LiveMemory } from "./collect.ts";

export type Workload = "HTTP/1.1" | "HTTP/2" | "gRPC" | "HTTP/1.1, a rule changes ten times a second";

/** Pergola's data plane in a process of its own, fresh, with everything on. */
export interface Measured {
  readonly port: number;
  /** Sends requests until it has had as many in all. @returns bytes: the median of resident memory in the last four seconds of load */
  until(count: number): Promise<number>;
  /** Requests so far. */
  count(): number;
  /** Bytes, now. */
  resident(): number;
  /** Collects all garbage: what is resident is another matter from then on. */
  live(): Promise<LiveMemory>;
}

const seconds = 2;
const connections = 64;
/** Loads of two seconds each that the median is of. */
const lastLoads = 2;
const changesPerSecond = 10;
/** In which connections of the last load have come to their end, and their records to the disk. */
const restMs = 3_000;

/** @param what has the process for as long as it takes */
export async function withMeasured(workload: Workload, what: (measured: Measured) => Promise<void>): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), "pergola-memory-"));
  const [port, originPort] = [await freePort(), await freePort()];
  const origin = await start(cores.load, originCommand(workload, directory, originPort), originPort);
  const file = join(directory, "live.json");
  process.env.MEMORY_FILE = file;
  try {
    const pergola = await start(cores.proxy, pergolaCommand(workload, directory, port, originPort), port);
    try {
      await what(measured(workload, port, pergola.child.pid ?? 0, file));
    } finally {
      await pergola.stop();
    }
  } finally {
    await origin.stop();
    rmSync(directory, { recursive: true, force: true });
  }
}

function measured(workload: Workload, port: number, pid: number, file: string): Measured {
  let done = 0;
  const send = async (): Promise<number[]> => {
    const samples: number[] = [];
    const timer = setInterval(() => samples.push(residentMemory(pid)), 100);
    const load = { port, connections, seconds, ...(await requestsOf(workload)) };
    const apply = workload === "HTTP/2" || workload === "gRPC" ? http2Load : fullLoad;
    done += (await apply(load)).requests;
    clearInterval(timer);
    return samples;
  };
  return {
    port,
    count: () => done,
    resident: () => residentMemory(pid),
    async until(count) {
      const loads: number[][] = [];
      while (done < count) loads.push(await send());
      return median(loads.slice(-lastLoads).flat());
    },
    async live() {
      await pause(restMs);
      rmSync(file, { force: true });
      process.kill(pid, "SIGUSR2");
      for (const until = performance.now() + 20_000; !existsSync(file); await pause(50)) {
        if (performance.now() > until) throw new Error("the measured process does not say what it holds");
      }
      return JSON.parse(readFileSync(file, "utf8")) as LiveMemory;
    },
  };
}

/** Each load has a signature of its own, as a client that signs anew now and then. */
async function requestsOf(workload: Workload): Promise<Pick<Load, "requests" | "upload">> {
  if (workload !== "gRPC") return { requests: [{ path, headers: await signedHeaders(path) }] };
  const headers = { ...plainHeaders, "content-type": "application/grpc", te: "trailers" };
  return { requests: [{ path: "/api/v1/Unary", headers }], upload: 64 };
}

function originCommand(workload: Workload, directory: string, port: number): readonly string[] {
  const peers = join(import.meta.dirname, "..", "proxy", "peers");
  if (workload === "gRPC") return [process.execPath, join(peers, "grpc-origin.ts"), String(port)];
  const home = join(directory, "origin");
  mkdirSync(home);
  const file = join(home, "nginx.conf");
  writeFileSync(file, originConfig(home, port));
  return ["nginx", "-c", file, "-e", join(home, "error.log")];
}

function pergolaCommand(workload: Workload, directory: string, port: number, originPort: number): readonly string[] {
  const isGrpc = workload === "gRPC";
  const changes = workload.includes("changes") ? changesPerSecond : 0;
  const script = join(import.meta.dirname, "..", "proxy", "pergola.ts");
  const scene = [directory, isGrpc ? "NONE" : "AWS_IAM", 20, isGrpc ? "GRPC" : "HTTP1", changes];
  const flags = ["--expose-gc", "--import", join(import.meta.dirname, "collect.ts")];
  return [process.execPath, ...nodeFlags, ...flags, script, ...[port, originPort, ...scene].map(String)];
}

function median(numbers: readonly number[]): number {
  const sorted = numbers.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}
