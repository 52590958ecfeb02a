import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A `pergola serve` in a process of its own, as a user starts it. */
export interface PergolaProcess {
  readonly pid: number;
  readonly apiUrl: string;
  readonly httpPort: number;
  readonly httpsPort: number;
  readonly caFile: string;
  readonly dataDir: string;
  /** What it printed so far. */
  output(): string;
  /** Sends a signal and waits for the end. @returns the exit code, null when the signal ended it */
  stop(signal?: NodeJS.Signals): Promise<number | null>;
}

export interface PergolaOptions {
  /** Kept by the caller; default: a fresh one that `stop` removes. */
  readonly dataDir?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly args?: readonly string[];
  /** A program that starts it in its own place, e.g. `bash -c '… exec "$0" "$@"'`. */
  readonly launcher?: readonly string[];
}

const startTimeoutMs = 30_000;

/** @returns `count` ports of the loopback interface that were free a moment ago */
export async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(Array.from({ length: count }, listenAnywhere));
  const ports = servers.map((server) => (server.address() as { port: number }).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

function listenAnywhere(): Promise<ReturnType<typeof createServer>> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => resolve(server));
  });
}

/** Starts `pergola serve` on free ports and waits until it is ready. @throws when it ends before, with what it printed */
export async function startPergola(options: PergolaOptions = {}): Promise<PergolaProcess> {
  const { dataDir, env = {}, args = [], launcher = [] } = options;
  const [api = 0, http = 0, https = 0] = await freePorts(3);
  const directory = dataDir ?? (await mkdtemp(join(tmpdir(), "pergola-")));
  const [program = "", ...rest] = [...launcher, process.execPath, "packages/cli/src/main.ts", "serve", ...args];
  const child = spawn(program, rest, {
    env: {
      ...process.env,
      PERGOLA_API_PORT: String(api),
      PERGOLA_HTTP_PORT: String(http),
      PERGOLA_HTTPS_PORT: String(https),
      PERGOLA_DATA_DIR: directory,
      ...env,
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk: Buffer) => (output += chunk.toString()));
  const exited = new Promise<number | null>((resolve) => child.once("exit", resolve));
  await ready(`http://127.0.0.1:${api}`, child, () => output);
  const { pid } = child;
  if (pid === undefined) throw new Error("pergola did not start");
  return {
    pid,
    apiUrl: `http://127.0.0.1:${api}`,
    httpPort: http,
    httpsPort: https,
    caFile: join(directory, "ca.pem"),
    dataDir: directory,
    output: () => output,
    async stop(signal = "SIGTERM") {
      child.kill(signal);
      const code = await exited;
      if (dataDir === undefined) await rm(directory, { recursive: true, force: true });
      return code;
    },
  };
}

async function ready(apiUrl: string, child: ChildProcess, output: () => string): Promise<void> {
  const deadline = Date.now() + startTimeoutMs;
  while (Date.now() < deadline) {
    if (child.exitCode !== null) throw new Error(`pergola ended with ${child.exitCode}:\n${output()}`);
    const answer = await fetch(`${apiUrl}/pergola/health`).catch(() => undefined);
    if (answer?.ok) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  child.kill("SIGKILL");
  throw new Error(`pergola was not ready within ${startTimeoutMs} ms:\n${output()}`);
}
