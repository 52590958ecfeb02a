import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);
const venv = resolve(".ci/cache/python");

/**
 * Makes a Python environment with the AWS CLI in it, once.
 * @returns the path of one of its programs
 */
export async function pythonTool(name: "aws" | "python3"): Promise<string> {
  const tool = join(venv, "bin", name);
  if (!existsSync(join(venv, "bin", "aws"))) {
    await run("python3", ["-m", "venv", venv]);
    await run(join(venv, "bin", "pip"), ["install", "--quiet", "--disable-pip-version-check", "awscli", "boto3"]);
  }
  return tool;
}
