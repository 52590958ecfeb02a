import { type AwsConnection, clientSettings, lazy } from "../aws-connection.ts";

/** The sending half of a queue. */
export interface SqsQueue {
  /**
   * Resolves when the queue has every text for good.
   * @throws Error when it may be missing one
   */
  send(texts: readonly string[], signal: AbortSignal): Promise<void>;
  /** Closes the connections. */
  close(): Promise<void>;
}

/** Messages of one request. Source: SQS API reference, SendMessageBatch, read 2026-11. */
const maxEntries = 10;
/** Bytes of one request's bodies. Source: SQS quotas, 256 KiB at least, read 2026-11. */
const maxBytes = 256 * 1024;

const limits = { requestMs: 2_000, maxAttempts: 2 };

/** @param queueUrl of a standard queue; the client is made at the first sending */
export function createSqsQueue(connection: AwsConnection, queueUrl: string): SqsQueue {
  const client = lazy(async () => {
    const { SQSClient } = await import("@aws-sdk/client-sqs");
    return new SQSClient(clientSettings(connection, limits));
  });
  return {
    async send(texts, signal) {
      const sqs = await client.get();
      const { SendMessageBatchCommand } = await import("@aws-sdk/client-sqs");
      for (const group of groupsOf(texts)) {
        const Entries = group.map((MessageBody, index) => ({ Id: String(index), MessageBody }));
        const command = new SendMessageBatchCommand({ QueueUrl: queueUrl, Entries });
        const { Failed = [] } = await sqs.send(command, { abortSignal: signal });
        const [first] = Failed;
        if (first !== undefined)
          throw new Error(`the queue refused ${Failed.length} messages: ${first.Code ?? "unknown"}`);
      }
    },
    close: client.destroy,
  };
}

function groupsOf(texts: readonly string[]): string[][] {
  const groups: string[][] = [];
  let bytes = 0;
  for (const text of texts) {
    const size = Buffer.byteLength(text);
    const open = groups.at(-1);
    if (open === undefined || open.length === maxEntries || bytes + size > maxBytes) {
      groups.push([text]);
      bytes = size;
    } else {
      open.push(text);
      bytes += size;
    }
  }
  return groups;
}
