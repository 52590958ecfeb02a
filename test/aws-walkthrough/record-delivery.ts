import { setTimeout as sleep } from "node:timers/promises";
import { DeleteMessageBatchCommand, type Message, ReceiveMessageCommand, type SQSClient } from "@aws-sdk/client-sqs";
import { onTestFinished } from "vitest";
import type { Environments } from "./environments.ts";

/** The stack's function timeout, and how many messages it takes; SQS gives ten at a time. */
const timeoutMs = 60_000;
const batchSize = 500;

export interface EventSource {
  /** Messages that the function has given back so far. */
  readonly givenBack: number;
  /** Resolves when a look into the queue that begins from now on finds nothing. */
  idle(): Promise<void>;
  /** Stops. @throws what the function or the queue failed with meanwhile */
  close(): Promise<void>;
}

/**
 * Plays Lambda's event source of a queue with partial batch responses: messages to the function, out of the queue what it did not
 * give back. Works until it is closed, at the latest until the test ends.
 * Source: Lambda developer guide, "Using Lambda with Amazon SQS", read 2026-11.
 */
export function openEventSource(sqs: SQSClient, queueUrl: string, delivery: Pick<Environments, "run">): EventSource {
  let givenBack = 0;
  let closed = false;
  let looking: Promise<boolean> = Promise.resolve(true);
  const look = async (): Promise<boolean> => {
    const messages = await receive(sqs, queueUrl);
    if (messages.length > 0) await deliver(messages);
    return messages.length === 0;
  };
  const deliver = async (messages: readonly Message[]): Promise<void> => {
    const result = (await delivery.run({ Records: messages.map(recordOf) }, timeoutMs)) as {
      readonly batchItemFailures: readonly { readonly itemIdentifier: string }[];
    };
    const failed = new Set(result.batchItemFailures.map(({ itemIdentifier }) => itemIdentifier));
    givenBack += failed.size;
    const done = messages.filter(({ MessageId = "" }) => !failed.has(MessageId));
    await remove(sqs, queueUrl, done);
  };
  const work = async (): Promise<void> => {
    while (!closed) {
      looking = look();
      if (await looking) await sleep(100);
    }
  };
  const working = work();
  working.catch(() => {
    // `close` tells.
  });
  const close = (): Promise<void> => {
    closed = true;
    return working;
  };
  onTestFinished(() => void close());
  return {
    get givenBack() {
      return givenBack;
    },
    async idle() {
      for (let seen: typeof looking | undefined = looking; !closed; ) {
        await sleep(20);
        if (looking === seen) continue;
        seen = looking;
        if (await seen) return;
      }
    },
    close,
  };
}

async function receive(sqs: SQSClient, QueueUrl: string): Promise<Message[]> {
  const all: Message[] = [];
  while (all.length < batchSize) {
    const { Messages = [] } = await sqs.send(
      new ReceiveMessageCommand({
        QueueUrl,
        MaxNumberOfMessages: 10,
        MessageSystemAttributeNames: ["All"],
      }),
    );
    if (Messages.length === 0) break;
    all.push(...Messages);
  }
  return all;
}

function recordOf({ MessageId, ReceiptHandle, Body, Attributes }: Message): object {
  return {
    messageId: MessageId,
    receiptHandle: ReceiptHandle,
    body: Body,
    attributes: Attributes,
    eventSource: "aws:sqs",
  };
}

async function remove(sqs: SQSClient, QueueUrl: string, messages: readonly Message[]): Promise<void> {
  for (let at = 0; at < messages.length; at += 10) {
    const Entries = messages.slice(at, at + 10).map(({ ReceiptHandle }, i) => ({ Id: String(i), ReceiptHandle }));
    const { Failed = [] } = await sqs.send(new DeleteMessageBatchCommand({ QueueUrl, Entries }));
    if (Failed.length > 0) throw new Error(`the queue kept ${Failed.length} messages: ${Failed[0]?.Message}`);
  }
}
