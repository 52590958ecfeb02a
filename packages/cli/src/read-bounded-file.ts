import { createReadStream } from "node:fs";
import { resolve } from "node:path";
import { CliFailure } from "./cli-failure.ts";
import type { CliIo } from "./run-cli.ts";

/** Policies have 10 KiB at most, tokens 20,000 characters: a file beyond this is the wrong one. */
const maxBytes = 1024 * 1024;

/**
 * @param file a path relative to where the command runs; `-` for standard input
 * @param limit in bytes, default 1 MiB
 * @throws CliFailure when it cannot be read or is larger
 */
export async function readBoundedFile(file: string, io: Pick<CliIo, "cwd">, limit = maxBytes): Promise<string> {
  const source = file === "-" ? process.stdin : createReadStream(resolve(io.cwd(), file));
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of source as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > limit) break;
      chunks.push(chunk);
    }
  } catch (error) {
    throw new CliFailure(`\`${file}\` cannot be read: ${(error as NodeJS.ErrnoException).code}`, 1, { cause: error });
  }
  if (size > limit) throw new CliFailure(`\`${file}\` is larger than ${limit} bytes`);
  return Buffer.concat(chunks).toString("utf8");
}
