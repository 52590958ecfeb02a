import { join } from "node:path";
import { createFileSinks, type RecoveryReport, recoverRecords } from "@pergola/access-logs";
import type { LogSink } from "@pergola/core";
import { lockDataDir } from "./data-dir-lock.ts";

/**
 * Brings the access records in a function's log to the log files of a data directory, where no server may be running on it.
 * @throws DataDirInUse, or what keeps a file from being written
 */
export async function recoverLogs(
  logLines: AsyncIterable<string>,
  dataDir: string,
  signal: AbortSignal,
): Promise<RecoveryReport> {
  // A server appends to the same files, and each knows only of its own.
  const lock = lockDataDir(dataDir);
  try {
    return await recoverRecords(logLines, createFileSinks({ dir: join(dataDir, "logs") }), signal);
  } finally {
    lock.release();
  }
}

/** Gives the access records in a function's log to `write`, a line with its newline each. */
export async function printRecoveredLogs(
  logLines: AsyncIterable<string>,
  write: (lines: string) => Promise<void>,
  signal: AbortSignal,
): Promise<RecoveryReport> {
  const sink: LogSink = { deliver: ({ lines }) => write(lines.toString("utf8")) };
  return recoverRecords(logLines, { cloudwatch: sink, s3: sink, firehose: sink }, signal);
}
