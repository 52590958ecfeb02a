import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { availableParallelism } from "node:os";

/** The core of the load, and the one that a server has for itself. */
export const cores = { load: 0, server: 1 } as const;
export const canPin = availableParallelism() >= 2 && canRun("taskset", "-V");

function canRun(command: string, ...args: string[]): boolean {
  try {
    execFileSync(command, args, { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

/** Starts a program on one core. @returns it, with its output piped where `stdout` says so */
export function start(
  core: number,
  command: readonly string[],
  { stdout = "ignore", env = {} }: { stdout?: "ignore" | "pipe"; env?: Readonly<Record<string, string>> } = {},
): ChildProcess {
  const [program = "", ...args] = canPin ? ["taskset", "-c", String(core), ...command] : command;
  return spawn(program, args, { stdio: ["ignore", stdout, "inherit"], env: { ...process.env, ...env } });
}

/** @returns all that a process prints, once it has ended. @throws Error when it ends with a failure */
export async function outputOf(child: ChildProcess): Promise<string> {
  let text = "";
  child.stdout?.on("data", (chunk: Buffer) => (text += chunk.toString()));
  const code = await new Promise<number | null>((resolve) => child.once("close", resolve));
  if (code !== 0) throw new Error(`a process ended with ${code}: ${text.slice(0, 1000)}`);
  return text;
}

/** @returns ports that nobody listens on now */
export async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(Array.from({ length: count }, listening));
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

async function listening(): Promise<ReturnType<typeof createServer>> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return server;
}

/**
 * @returns processor time of a process in microseconds, in steps of 10 ms, threads that have ended included: a server with a thread
 * for each request has no others. Linux only; elsewhere NaN
 */
export function cpuTime(pid: number): number {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? [];
    return (Number(fields[11]) + Number(fields[12])) * 10_000;
  } catch {
    return Number.NaN;
  }
}

/** @returns processor time of the threads that a process has now, in microseconds, to the microsecond. Linux only; elsewhere NaN */
export function threadTime(pid: number): number {
  try {
    const threads = readdirSync(`/proc/${pid}/task`);
    const spent = threads.map((id) => Number(readFileSync(`/proc/${pid}/task/${id}/schedstat`, "utf8").split(" ")[0]));
    return spent.reduce((sum, nanoseconds) => sum + nanoseconds, 0) / 1000;
  } catch {
    return Number.NaN;
  }
}

/** @returns resident memory of a process in bytes */
export function residentMemory(pid: number): number {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]) * 1024;
}

/** @returns the middle one */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}
