import { once } from "node:events";
import type { CliIo } from "../run-cli.ts";

/** Writes to standard output. A pipe that is full has to be waited for, or a large log would all be in memory. */
export async function writeOut({ stdout }: CliIo, text: string): Promise<void> {
  if (stdout.write(text) === false && "once" in stdout) await once(stdout as unknown as NodeJS.WriteStream, "drain");
}
