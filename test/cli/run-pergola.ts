import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  /** The whole environment, beside `PATH`. */
  readonly env?: Readonly<Record<string, string>>;
  readonly stdin?: string;
}

export const mainFile = new URL("../../packages/cli/src/main.ts", import.meta.url).pathname;

/** Runs the `pergola` command in a process of its own. @returns how it ended */
export async function runPergola(args: readonly string[], { env = {}, stdin = "" }: RunOptions = {}): Promise<Ended> {
  const child = spawn(process.execPath, [mainFile, ...args], { env: { PATH: process.env.PATH ?? "", ...env } });
  child.stdin.end(stdin);
  const [[code], stdout, stderr] = await Promise.all([once(child, "exit"), text(child.stdout), text(child.stderr)]);
  return { code, stdout, stderr };
}
