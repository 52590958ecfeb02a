import type { LogDestinationKind, LogSink } from "@pergola/core";
import { messageBatches } from "./message-batches.ts";
import { findRecordMessage, type RecordMessage } from "./record-message.ts";

export interface RecoveryReport {
  /** Lines that the destinations have now. */
  readonly delivered: number;
  /** Lines of the input that began as a record and could not be read. */
  readonly damaged: number;
  /** Lines of the input that are something else. */
  readonly skipped: number;
}

/** Lines kept in memory at once: at about 1 KB each, some 10 MB. */
const atOnce = 10_000;

/**
 * Brings records that a process could only write to its own log (their queue was away) to their destinations. Running it again on
 * the same input makes the same batches: destinations that recognise a batch (S3, files) have each line once.
 * @param logLines lines of that log, in whatever form it was exported line by line
 * @throws what a sink says; what was delivered until then stays delivered
 */
export async function recoverRecords(
  logLines: AsyncIterable<string> | Iterable<string>,
  sinks: Readonly<Record<LogDestinationKind, LogSink>>,
  signal: AbortSignal,
): Promise<RecoveryReport> {
  let damaged = 0;
  let skipped = 0;
  let delivered = 0;
  let waiting: RecordMessage[] = [];
  const deliver = async (): Promise<void> => {
    for (const { batch } of messageBatches(waiting, timeOf)) {
      await sinks[batch.destination.destinationKind].deliver(batch, signal);
      delivered += batch.count;
    }
    waiting = [];
  };
  for await (const logLine of logLines) {
    const found = findRecordMessage(logLine);
    if (found === undefined) skipped += logLine.trim() === "" ? 0 : 1;
    else if (found === "damaged") damaged += 1;
    else if (waiting.push(found) >= atOnce) await deliver();
  }
  await deliver();
  return { delivered, damaged, skipped };
}

/** When the request was, so that it is the same in every run. */
function timeOf({ line }: RecordMessage): Date {
  const { startTime } = JSON.parse(line) as { readonly startTime?: unknown };
  const time = new Date(typeof startTime === "string" ? startTime : 0);
  return Number.isNaN(time.getTime()) ? new Date(0) : time;
}
