import { createReadStream } from "node:fs";
import { resolve } from "node:path";
import { DataDirInUse, printRecoveredLogs, recoverLogs } from "@pergola/server";
import { CliFailure } from "../cli-failure.ts";
import type { CliIo } from "../run-cli.ts";
import { boundedLines } from "./bounded-lines.ts";
import { writeOut } from "./write-out.ts";

/** What commander gives for the options of `pergola logs recover`. */
export interface RecoverFlags {
  readonly dataDir?: string;
  readonly print?: boolean;
}

/**
 * Recovers records and says how many.
 * @param file a path relative to where the command runs; `-` for standard input
 * @throws CliFailure when it cannot be read, a record is damaged, or the data directory is in use
 */
export async function recover(file: string, flags: RecoverFlags, io: CliIo): Promise<void> {
  if (flags.print === true && flags.dataDir !== undefined)
    throw new CliFailure("--data-dir has no effect with --print", 2);
  const lines = boundedLines(open(file, io));
  const dataDir = resolve(io.cwd(), flags.dataDir ?? (io.env.PERGOLA_DATA_DIR || ".pergola"));
  const never = new AbortController().signal;
  const report = await orFail(
    flags.print === true
      ? printRecoveredLogs(lines, (text) => writeOut(io, text), never)
      : recoverLogs(lines, dataDir, never),
    file,
  );
  const { delivered, damaged, skipped } = report;
  io.stderr.write(`${delivered} records recovered, ${skipped} other lines\n`);
  if (damaged > 0) throw new CliFailure(`${damaged} records are damaged and could not be recovered`);
}

function open(file: string, io: CliIo): AsyncIterable<Buffer> {
  return (file === "-" ? process.stdin : createReadStream(resolve(io.cwd(), file))) as AsyncIterable<Buffer>;
}

async function orFail<T>(work: Promise<T>, file: string): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof DataDirInUse) throw new CliFailure(error.message, 1, { cause: error });
    const { syscall, code } = error as NodeJS.ErrnoException;
    if ((syscall === "open" || syscall === "read") && code !== undefined)
      throw new CliFailure(`\`${file}\` cannot be read: ${code}`, 1, { cause: error });
    throw error;
  }
}
