import { setTimeout as sleep } from "node:timers/promises";
import type { SQSClient } from "@aws-sdk/client-sqs";
import { type AwsConnection, clientSettings, lazy } from "./aws-connection.ts";
import { requestLength } from "./sinks/batch-lines.ts";

/**
 * Source: SQS API reference, SendMessageBatch, read 2026-11: 10 messages. Since 2025-08 a request may have 1 MiB, before 256 KiB,
 * which every queue and every stand-in takes.
 */
const limits = { maxCount: 10, maxBytes: 256 * 1024 };
/** How often what the queue refused is sent again. */
const rounds = 3;
const firstPauseMs = 25;

export interface SqsQueue {
  /**
   * Resolves when the queue has every message.
   * @param bodies XML characters, 256 KiB each at most
   * @throws RangeError for one that no request takes; otherwise whatever kept the queue from taking them all. Some may be there then
   */
  send(bodies: readonly string[], signal: AbortSignal): Promise<void>;
  /** Closes the connections. */
  close(): Promise<void>;
}

/** @returns the queue; its client is loaded by the first message */
export function createSqsQueue(connection: AwsConnection, queueUrl: string): SqsQueue {
  const client = lazy(async () => {
    const { SQSClient } = await import("@aws-sdk/client-sqs");
    return new SQSClient(clientSettings(connection, { requestMs: 5_000, maxAttempts: 3 }));
  });
  return {
    async send(bodies, signal) {
      let left = bodies;
      // Before anything is sent: all or nothing where that can be known.
      for (const body of bodies) requireFitting(body);
      for (let round = 1; left.length > 0; round += 1) {
        if (round > rounds) throw new Error(`${left.length} of ${bodies.length} messages were refused ${rounds} times`);
        if (round > 1) await sleep(firstPauseMs * 2 ** round * (0.5 + Math.random() / 2), undefined, { signal });
        left = await sendOnce(await client.get(), queueUrl, left, signal);
      }
    },
    close: client.destroy,
  };
}

function requireFitting(body: string): void {
  const bytes = Buffer.byteLength(body);
  if (bytes > limits.maxBytes)
    throw new RangeError(`a message of ${bytes} bytes is larger than the ${limits.maxBytes} that a queue takes`);
}

/** @returns the messages that the queue refused and may take later. @throws when it refuses one for good */
async function sendOnce(
  client: SQSClient,
  QueueUrl: string,
  bodies: readonly string[],
  signal: AbortSignal,
): Promise<readonly string[]> {
  const { SendMessageBatchCommand } = await import("@aws-sdk/client-sqs");
  const refused: string[] = [];
  for (let unsent = bodies; unsent.length > 0; ) {
    const some = unsent.slice(0, requestLength(unsent, Buffer.byteLength, limits));
    const Entries = some.map((MessageBody, i) => ({ Id: String(i), MessageBody }));
    const { Failed = [] } = await client.send(new SendMessageBatchCommand({ QueueUrl, Entries }), {
      abortSignal: signal,
    });
    const fault = Failed.find(({ SenderFault }) => SenderFault === true);
    if (fault !== undefined) throw new Error(`the queue refuses a message: ${fault.Code} ${fault.Message ?? ""}`);
    refused.push(...Failed.map(({ Id }) => some[Number(Id)] as string));
    unsent = unsent.slice(some.length);
  }
  return refused;
}
