import { fileURLToPath } from "node:url";
import { goProgram } from "./go-program.ts";
import { pythonTool } from "./python-tools.ts";

/** Fetches and builds what the test files share, before they run side by side and would do it at the same time. */
export async function setup(): Promise<void> {
  await pythonTool("aws");
  for (const path of ["go", "../signers/go"]) await goProgram(fileURLToPath(new URL(path, import.meta.url)));
}
