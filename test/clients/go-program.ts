import { execFile } from "node:child_process";
import { basename, dirname, join, resolve } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);
const cache = resolve(".ci/cache/go");

/**
 * Builds a Go program with modules from the module proxy; what it fetches and compiles is kept, so that a second build takes no time.
 * @param directory of the program, inside the repository
 * @returns the path of the executable
 */
export async function goProgram(directory: string): Promise<string> {
  const executable = join(cache, "bin", `${basename(dirname(directory))}-${basename(directory)}`);
  const env = { ...process.env, GOMODCACHE: join(cache, "mod"), GOCACHE: join(cache, "build"), GOFLAGS: "-modcacherw" };
  await run("go", ["build", "-o", executable, "."], { cwd: directory, env });
  return executable;
}
