import { decodeRecordMessage, messageBatches, type RecordMessage } from "@pergola/access-logs";
import type { LogDestinationKind, Logger, LogSink } from "@pergola/core";

/** A queue's message, as far as it is read. Source: Lambda developer guide, "Using Lambda with Amazon SQS", read 2026-11. */
export interface QueueMessage {
  readonly messageId: string;
  readonly body: string;
  readonly attributes: { readonly SentTimestamp: string };
}

interface Received extends RecordMessage {
  readonly messageId: string;
  /** Epoch milliseconds. */
  readonly sentAt: number;
}

/**
 * Delivers records to their destinations.
 * @returns ids of the messages that have to come again: those of a destination that did not take them, and those that are no
 * record, which the queue hands to its dead-letter queue in the end
 */
export async function deliverMessages(
  messages: readonly QueueMessage[],
  sinks: Readonly<Record<LogDestinationKind, LogSink>>,
  logger: Logger,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const failed: string[] = [];
  const received: Received[] = [];
  for (const { messageId, body, attributes } of messages) {
    const message = decodeRecordMessage(body);
    if (message === undefined) {
      failed.push(messageId);
      logger.error("a message of the record queue is no access record", { messageId });
    } else received.push({ ...message, messageId, sentAt: Number(attributes.SentTimestamp) });
  }
  // The time of its first record, so that a batch that comes again whole has the same name at its destination.
  const batches = messageBatches(received, ({ sentAt }) => new Date(sentAt));
  await Promise.all(
    batches.map(async ({ batch, messages: of }) => {
      try {
        await sinks[batch.destination.destinationKind].deliver(batch, signal);
      } catch (error) {
        failed.push(...of.map(({ messageId }) => messageId));
        const { destinationArn } = batch.destination;
        logger.error("access records could not be delivered, and will come again", {
          destinationArn,
          count: batch.count,
          error,
        });
      }
    }),
  );
  return failed;
}
