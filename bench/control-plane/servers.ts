import type { ChildProcess } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { freePorts } from "../../test/harness/pergola.ts";
import { cores, start } from "./processes.ts";

/** A server that answers, in a process of its own. */
export interface Server {
  readonly port: number;
  readonly pid: number;
  /** From the start of the process to the first answer, in ms. */
  readonly startMs: number;
  /** @param signal SIGKILL unless told otherwise */
  stop(signal?: NodeJS.Signals): Promise<void>;
}

/** AWS's own numbers are too small for this load. */
const quotas = { "L-620C821E": 100_000, "L-9CAD07FB": 100_000, "L-BB11C6B9": 100_000 };
const moto = resolve(".ci/cache/moto/bin/moto_server");

/** @returns whether moto is where `npm run test:aws` puts it */
export function hasMoto(): boolean {
  return existsSync(moto);
}

/** Starts `pergola serve`. @param dataDir kept; default: a fresh one that `stop` removes */
export async function startPergola(dataDir?: string): Promise<Server> {
  const directory = mkdtempSync(join(tmpdir(), "pergola-bench-"));
  const config = join(directory, "pergola.json");
  writeFileSync(config, JSON.stringify({ quotas }));
  const [port = 0, http = 0, https = 0] = await freePorts(3);
  const env = {
    PERGOLA_API_PORT: String(port),
    PERGOLA_HTTP_PORT: String(http),
    PERGOLA_HTTPS_PORT: String(https),
    PERGOLA_CONFIG: config,
    PERGOLA_LOG_LEVEL: "error",
    PERGOLA_DATA_DIR: dataDir ?? join(directory, "data"),
  };
  const begun = performance.now();
  const child = start(cores.server, [process.execPath, "packages/cli/src/main.ts", "serve"], { env });
  const server = await answering(child, port, "/pergola/health", begun);
  return {
    ...server,
    async stop(signal) {
      await server.stop(signal);
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

/** Starts moto's server, which keeps everything in memory. */
export async function startMoto(): Promise<Server> {
  const [port = 0] = await freePorts(1);
  const begun = performance.now();
  // Its log of requests, a line each, goes nowhere.
  const child = start(cores.server, ["sh", "-c", `exec ${moto} -H 127.0.0.1 -p ${port} 2>/dev/null`]);
  return answering(child, port, "/moto-api/", begun);
}

async function answering(child: ChildProcess, port: number, path: string, begun: number): Promise<Server> {
  const { pid } = child;
  const ended = new Promise<void>((done) => child.once("exit", () => done()));
  for (const until = begun + 30_000; ; await pause(5)) {
    const answer = await fetch(`http://127.0.0.1:${port}${path}`).catch(() => undefined);
    await answer?.arrayBuffer();
    if (answer?.ok) break;
    if (child.exitCode === null && performance.now() < until) continue;
    child.kill("SIGKILL");
    throw new Error(`does not start: ${child.spawnargs.join(" ")}`);
  }
  if (pid === undefined) throw new Error("no process");
  const startMs = performance.now() - begun;
  return {
    port,
    pid,
    startMs,
    async stop(signal = "SIGKILL") {
      child.kill(signal);
      await ended;
    },
  };
}
