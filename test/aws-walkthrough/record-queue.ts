import { createHash, randomUUID } from "node:crypto";

/** Source: the stack (`stacks/access-logs.ts`): a message is hidden for six minutes, and given up after so many deliveries. */
const visibilityMs = 360_000;
const maxReceives = 300;
/** Messages that one invocation of the delivery gets. */
const batchSize = 500;

interface Message {
  readonly id: string;
  readonly body: string;
  readonly sentAt: number;
  receives: number;
  /** Of the queue's clock. */
  visibleAt: number;
}

/** What Lambda's event source calls: the delivery's handler. */
export type DeliveryHandler = (event: object) => Promise<{
  readonly batchItemFailures: readonly { readonly itemIdentifier: string }[];
}>;

/**
 * A queue of SQS with the stack's settings, in memory and with a clock of its own, for more messages than moto's is made for.
 * Source: SQS API reference, SendMessageBatch; Lambda developer guide, "Using Lambda with Amazon SQS", read 2026-11.
 */
export class RecordQueue {
  /** Milliseconds. */
  now = 0;
  readonly deadLetters: string[] = [];
  /** Whether the queue does not take a message this time, though it answers. */
  refuses: () => boolean = () => false;
  readonly #messages = new Map<string, Message>();

  get length(): number {
    return this.#messages.size;
  }

  /** @returns how often the message that was delivered most often has been */
  get mostReceives(): number {
    return Math.max(0, ...[...this.#messages.values()].map(({ receives }) => receives));
  }

  /** @returns the answer to a request of SQS's JSON protocol */
  answer(operation: string, body: Buffer): object {
    if (operation !== "SendMessageBatch") throw new Error(`the queue does not know ${operation}`);
    const { Entries } = JSON.parse(body.toString()) as { Entries: { Id: string; MessageBody: string }[] };
    const Successful: object[] = [];
    const Failed: object[] = [];
    for (const { Id, MessageBody } of Entries) {
      if (this.refuses()) {
        Failed.push({ Id, SenderFault: false, Code: "InternalError" });
        continue;
      }
      const id = randomUUID();
      this.#messages.set(id, { id, body: MessageBody, sentAt: Date.now(), receives: 0, visibleAt: this.now });
      const MD5OfMessageBody = createHash("md5").update(MessageBody).digest("hex");
      Successful.push({ Id, MessageId: id, MD5OfMessageBody });
    }
    return { Successful, Failed };
  }

  /** Has what is visible delivered once. What the handler gives back is hidden for a while. */
  async deliver(handler: DeliveryHandler): Promise<void> {
    const visible = this.#receive();
    for (let at = 0; at < visible.length; at += batchSize) {
      const batch = visible.slice(at, at + batchSize);
      const { batchItemFailures } = await handler({ Records: batch.map(recordOf) });
      const failed = new Set(batchItemFailures.map(({ itemIdentifier }) => itemIdentifier));
      for (const { id } of batch) if (!failed.has(id)) this.#messages.delete(id);
    }
  }

  #receive(): Message[] {
    const visible: Message[] = [];
    for (const message of this.#messages.values()) {
      if (message.visibleAt > this.now) continue;
      if (message.receives >= maxReceives) {
        this.#messages.delete(message.id);
        this.deadLetters.push(message.body);
        continue;
      }
      message.receives += 1;
      message.visibleAt = this.now + visibilityMs;
      visible.push(message);
    }
    return visible;
  }
}

function recordOf({ id, body, sentAt }: Message): object {
  return { messageId: id, body, attributes: { SentTimestamp: String(sentAt) }, eventSource: "aws:sqs" };
}
