import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { type AddressInfo, connect, createServer } from "node:net";
import { availableParallelism } from "node:os";
import { setTimeout as pause } from "node:timers/promises";

/** The core that origin and load share, and the one that the proxy has for itself. */
export const cores = { load: 0, proxy: 1 } as const;
export const canPin = availableParallelism() >= 2 && canRun("taskset", "-V");

/** @returns whether a program is installed */
export function canRun(command: string, ...args: string[]): boolean {
  try {
    execFileSync(command, args, { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

export interface Started {
  readonly child: ChildProcess;
  /** Ends it, and waits until it has. */
  stop(): Promise<void>;
}

/**
 * Starts a program on one core, or on all where none is named.
 * @param ready a port that it listens on once it is ready
 * @throws Error when it ends before
 */
export async function start(core: number | undefined, command: readonly string[], ready: number): Promise<Started> {
  const [program = "", ...args] = canPin && core !== undefined ? ["taskset", "-c", String(core), ...command] : command;
  const child = spawn(program, args, { stdio: ["ignore", "ignore", "inherit"] });
  const ended = new Promise<void>((resolve) => {
    child.once("exit", () => resolve());
    child.once("error", () => resolve());
  });
  for (const until = performance.now() + 20_000; !(await isListening(ready)); await pause(20)) {
    if (child.exitCode !== null || performance.now() > until) {
      child.kill("SIGKILL");
      throw new Error(`does not start: ${command.join(" ")}`);
    }
  }
  return {
    child,
    stop() {
      child.kill("SIGKILL");
      return ended;
    },
  };
}

async function isListening(port: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const socket = connect(port, "127.0.0.1", () => resolve(true)).on("error", () => resolve(false));
  const listening = await promise;
  socket.destroy();
  return listening;
}

/** @returns a port that nobody listens on now */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** @returns processor time of all of a process's threads in microseconds. Linux only; elsewhere NaN */
export function cpuTime(pid: number): number {
  try {
    const threads = readdirSync(`/proc/${pid}/task`);
    const spent = threads.map((id) => Number(readFileSync(`/proc/${pid}/task/${id}/schedstat`, "utf8").split(" ")[0]));
    return spent.reduce((sum, nanoseconds) => sum + nanoseconds, 0) / 1000;
  } catch {
    return Number.NaN;
  }
}

/** @returns how busy a core has been since the machine started, in clock ticks, and how many there were */
export function coreTicks(core: number): { readonly busy: number; readonly all: number } {
  const line = readFileSync("/proc/stat", "utf8")
    .split("\n")
    .find((one) => one.startsWith(`cpu${core} `));
  const ticks = (line ?? "").split(/\s+/).slice(1, 9).map(Number);
  const all = ticks.reduce((sum, one) => sum + one, 0);
  return { all, busy: all - (ticks[3] ?? 0) - (ticks[4] ?? 0) };
}

/** @returns how busy all cores have been since the machine started, in hundredths of a second of one core */
export function allTicks(): number {
  const ticks = (readFileSync("/proc/stat", "utf8").split("\n", 1)[0] ?? "").split(/\s+/).slice(1, 9).map(Number);
  return ticks.reduce((sum, one) => sum + one, 0) - (ticks[3] ?? 0) - (ticks[4] ?? 0);
}

/** @returns resident memory of a process in bytes */
export function residentMemory(pid: number): number {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]) * 1024;
}
