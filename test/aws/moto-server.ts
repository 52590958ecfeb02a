import { type ChildProcess, execFile, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { createServer } from "node:net";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import type { TestProject } from "vitest/node";

declare module "vitest" {
  interface ProvidedContext {
    /** Base URLs of the stand-ins for every AWS service, one for each of vitest's workers. */
    motoUrls: readonly string[];
  }
}

const run = promisify(execFile);
const venv = resolve(".ci/cache/moto");
const program = join(venv, "bin", "moto_server");

/** A moto of its own: a process that keeps everything in memory. */
export interface MotoServer {
  readonly url: string;
  stop(): Promise<void>;
}

/** Makes the Python environment with moto in it, once. */
export async function installMoto(): Promise<void> {
  if (existsSync(program)) return;
  await run("python3", ["-m", "venv", venv]);
  await run(join(venv, "bin", "pip"), ["install", "--quiet", "--disable-pip-version-check", "moto[server]"]);
}

/** Starts moto, which has to be installed, on a free port. */
export async function startMoto(): Promise<MotoServer> {
  const port = await freePort();
  const moto = spawn(program, ["-H", "127.0.0.1", "-p", String(port)], { stdio: "ignore" });
  const url = `http://127.0.0.1:${port}`;
  await untilAnswering(url, moto);
  return {
    url,
    async stop() {
      const ended = new Promise((done) => moto.once("exit", done));
      moto.kill();
      await ended;
    },
  };
}

/** Starts a moto for each of vitest's workers, which keeps the one Python process busy, and ends them after the last test. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  await installMoto();
  const motos = await Promise.all(Array.from({ length: project.config.maxWorkers }, startMoto));
  project.provide(
    "motoUrls",
    motos.map(({ url }) => url),
  );
  return async () => void (await Promise.all(motos.map(({ stop }) => stop())));
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const { port } = server.address() as { port: number };
  await new Promise((done) => server.close(done));
  return port;
}

async function untilAnswering(url: string, moto: ChildProcess): Promise<void> {
  for (let tries = 0; tries < 300; tries += 1) {
    if (moto.exitCode !== null) throw new Error(`moto ended with ${moto.exitCode}`);
    const answer = await fetch(`${url}/moto-api/`).catch(() => undefined);
    if (answer?.ok) return;
    await sleep(100);
  }
  throw new Error("moto does not answer");
}
