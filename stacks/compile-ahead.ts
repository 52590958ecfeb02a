import { execFile } from "node:child_process";
import { promisify } from "node:util";

const routers: ReadonlySet<string> = new Set(["router-stream", "router-buffered", "router-alb"]);
/** Milliseconds that a first request may take, on a busy machine. */
const timeout = 60_000;

/**
 * Has V8 compile what a router's start calls when it reads the file. By a program of its own: the router's environment is its process's.
 * Works from the repository's root, as `sst` does.
 * @param bundle file of the built entry, minified; written anew
 * @param entry its name, such as `router-stream`; what is no router stays as it is
 * @throws (rejects) when the router does not answer, with what it printed
 */
export async function compileRouterAhead(bundle: string, entry: string): Promise<void> {
  if (!routers.has(entry)) return;
  // `node` by name: SST may run its program by another.
  await promisify(execFile)("node", ["stacks/tools/compile-ahead.ts", bundle, entry], { timeout });
}
