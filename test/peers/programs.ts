import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);
const venv = resolve(".ci/cache/peers");

/** Makes a Python environment with grpcio in it, once. @returns its interpreter */
export async function pythonWithGrpc(): Promise<string> {
  const python = join(venv, "bin", "python3");
  if (!existsSync(join(venv, "done"))) {
    await run("python3", ["-m", "venv", venv]);
    await run(python, ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "grpcio"]);
    await run("touch", [join(venv, "done")]);
  }
  return python;
}

/** A server that runs until it is disposed of. */
export interface ServerProgram extends Disposable {
  readonly port: number;
}

/** Starts a program that prints its port on a line of its own. @throws when it ends before, with what it printed */
export async function startServer(command: string, args: readonly string[]): Promise<ServerProgram> {
  const child: ChildProcess = spawn(command, args, { stdio: ["ignore", "pipe", "inherit"] });
  const printed = once(child.stdout as NodeJS.ReadableStream, "data").then(([chunk]) => String(chunk));
  const ended = once(child, "exit").then(([code]) => Promise.reject(new Error(`${command} ended with ${code}`)));
  const port = Number(await Promise.race([printed, ended]));
  ended.catch(() => undefined);
  return { port, [Symbol.dispose]: () => void child.kill("SIGKILL") };
}

/** @returns what a program prints. @throws when it ends with another code than 0 */
export async function output(command: string, args: readonly string[]): Promise<string> {
  const { stdout } = await run(command, args, { maxBuffer: 16 * 1024 * 1024 });
  return stdout;
}
