import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";
import { type Invocation, RuntimeApi } from "./runtime-api.ts";

/** An entry in an environment of its own: a process that gets its events from the runtime API. */
export interface RunningEntry {
  invoke(event: unknown, timeoutMs?: number): Invocation;
  /** Lines of its standard output so far. */
  readonly output: string[];
  readonly api: RuntimeApi;
  readonly process: ChildProcess;
  stop(): void;
}

/** Starts an entry's bundle as Lambda does. Ends with the test. */
export async function runEntry(bundle: string, env: Readonly<Record<string, string>>): Promise<RunningEntry> {
  const entry = await startEntry(bundle, env);
  onTestFinished(entry.stop);
  return entry;
}

/** As `runEntry`; ends when it is stopped. */
export async function startEntry(bundle: string, env: Readonly<Record<string, string>>): Promise<RunningEntry> {
  const api = new RuntimeApi();
  const address = await api.listen();
  const bootstrap = fileURLToPath(
    import.meta.resolve(process.env.LAMBDA_RIC ? "./ric-bootstrap.mjs" : "./bootstrap.ts"),
  );
  const child = spawn(process.execPath, [bootstrap, bundle], {
    env: {
      PATH: process.env.PATH ?? "",
      AWS_LAMBDA_RUNTIME_API: address,
      AWS_REGION: "us-west-2",
      AWS_ACCESS_KEY_ID: "AKIDEXAMPLE",
      AWS_SECRET_ACCESS_KEY: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
      ...(process.env.LAMBDA_RIC ? { LAMBDA_RIC: process.env.LAMBDA_RIC } : {}),
      ...env,
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const output: string[] = [];
  let rest = "";
  child.stdout.on("data", (chunk: Buffer) => {
    const lines = (rest + chunk.toString()).split("\n");
    rest = lines.pop() ?? "";
    output.push(...lines);
  });
  child.stderr.on("data", (chunk: Buffer) => output.push(...chunk.toString().split("\n")));
  const stop = (): void => {
    child.kill("SIGKILL");
    api.close();
  };
  return { invoke: (event, timeoutMs) => api.invoke(event, timeoutMs), output, api, process: child, stop };
}

/** @returns where the bundle of an entry is */
export function bundleOf(dir: string, name: string): string {
  return join(dir, `${name}.mjs`);
}
