import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { canPin } from "../proxy/processes.ts";

/** The core of the load, and the one that a server has for itself. */
export const cores = { load: 0, server: 1 } as const;
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

/** @returns the middle one */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}
