import { encodeRecordMessage, messageBatches, type RecordMessage, recordMessages } from "@pergola/access-logs";
import type { AccessRecordSink, Clock, LogDestinationKind, Logger, LogSink } from "@pergola/core";

/** The port to a durable queue of access records. */
export interface RecordQueue {
  /** Resolves when the queue has every message for good. @throws when it may be missing one */
  send(messages: readonly RecordMessage[], signal: AbortSignal): Promise<void>;
}

/** Records of an invocation until they are handed over. */
export interface RecordOutbox extends AccessRecordSink {
  /** Hands everything over; what cannot be goes to the log, from where `pergola logs recover` brings it back. Never rejects. */
  flush(): Promise<void>;
}

export interface RecordOutboxPorts {
  /** Absent: every record goes to its destinations directly. */
  readonly queue?: RecordQueue;
  readonly sinks: Readonly<Record<LogDestinationKind, LogSink>>;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Takes a line with its newline, to the process's own log. */
  readonly writeLost: (line: string) => void;
  /** Milliseconds for one flush; default 1,000. */
  readonly timeoutMs?: number;
}

/** Firehose buffers by itself, so a queue before it would only cost; everything else goes through the queue. */
export function createRecordOutbox(ports: RecordOutboxPorts): RecordOutbox {
  const { queue, sinks, clock, logger, writeLost, timeoutMs = 1_000 } = ports;
  let pending: RecordMessage[] = [];

  const deliver = async (messages: readonly RecordMessage[], signal: AbortSignal): Promise<void> => {
    const isDirect = queue === undefined || messages.every((one) => one.destination.destinationKind === "firehose");
    if (!isDirect) return attempt(messages, () => queue.send(messages, signal));
    const now = clock.now();
    const batches = messageBatches(messages, () => now);
    await Promise.all(
      batches.map(({ batch, messages: of }) =>
        attempt(of, () => sinks[batch.destination.destinationKind].deliver(batch, signal)),
      ),
    );
  };
  const attempt = async (messages: readonly RecordMessage[], send: () => Promise<void>): Promise<void> => {
    try {
      await withinTime(send(), timeoutMs);
    } catch (error) {
      for (const message of messages) writeLost(`${encodeRecordMessage(message)}\n`);
      logger.error(
        "access records could not be handed over and are in this log: bring them back with pergola logs recover",
        {
          count: messages.length,
          error,
        },
      );
    }
  };
  return {
    write(record, destinations) {
      pending.push(...recordMessages(record, destinations));
    },
    async flush() {
      if (pending.length === 0) return;
      const messages = pending;
      pending = [];
      await deliver(messages, AbortSignal.timeout(timeoutMs));
    },
  };
}

/** Also where an adapter does not heed its signal: the invocation must not end in the middle. */
async function withinTime(work: Promise<void>, milliseconds: number): Promise<void> {
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error(`no answer within ${milliseconds} ms`)), milliseconds + 100);
  try {
    await Promise.race([work, promise]);
  } finally {
    clearTimeout(timer);
  }
}
