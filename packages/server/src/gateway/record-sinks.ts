import { encodeRecordMessage } from "@pergola/access-logs";
import type { SqsQueue } from "@pergola/aws";
import type { LogBatch, LogDestinationKind, Logger, LogSink } from "@pergola/core";

export type RecordSinks = Readonly<Record<LogDestinationKind, LogSink>>;

/** Requests to the queue at once for one batch: one after the other, a thousand lines a second would be the most. */
const sendersAtOnce = 8;

/**
 * Sinks that hand batches to the record queue, line by line as messages, from where log delivery takes them. Firehose buffers by itself
 * and gets its batches directly.
 */
export function queueSinks(queue: Pick<SqsQueue, "send">, direct: RecordSinks): RecordSinks {
  const sink: LogSink = {
    async deliver(batch, signal) {
      const bodies = messagesOf(batch);
      const share = Math.ceil(bodies.length / sendersAtOnce);
      const shares = Array.from({ length: Math.ceil(bodies.length / share) }, (_, i) =>
        bodies.slice(i * share, (i + 1) * share),
      );
      await Promise.all(shares.map((some) => queue.send(some, signal)));
    },
  };
  return { cloudwatch: sink, s3: sink, firehose: direct.firehose };
}

export interface LastResort {
  /** Whether this is the last chance: the disk goes with the process. */
  isEnding(): boolean;
  /** Takes a line with its newline, to the process's own log. */
  writeLost(line: string): void;
  readonly logger: Logger;
  /** What a last try may take, in milliseconds. */
  readonly timeoutMs: number;
}

/** Sinks that write to the log what could not be delivered at the end; `pergola logs recover` brings it back from there. */
export function withLastResort(
  sinks: RecordSinks,
  { isEnding, writeLost, logger, timeoutMs }: LastResort,
): RecordSinks {
  const wrap = (sink: LogSink): LogSink => ({
    async deliver(batch, signal) {
      if (!isEnding()) return sink.deliver(batch, signal);
      try {
        await sink.deliver(batch, AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]));
      } catch (error) {
        for (const body of messagesOf(batch)) writeLost(`${body}\n`);
        logger.error(
          "access records could not be handed over and are in this log: bring them back with pergola logs recover",
          { count: batch.count, error },
        );
      }
    },
  });
  return { cloudwatch: wrap(sinks.cloudwatch), s3: wrap(sinks.s3), firehose: wrap(sinks.firehose) };
}

function messagesOf({ destination, lines }: LogBatch): string[] {
  return lines
    .toString("utf8")
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => encodeRecordMessage({ destination, line }));
}
