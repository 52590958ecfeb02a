import type { LogBatch, LogSubscriptionSnapshot } from "@pergola/core";
import type { RecordMessage } from "./record-message.ts";

// Not imported: docs/lambda.md, "Bundles".
const { createHash } = process.getBuiltinModule("node:crypto");

/** Messages of one destination, put together, and which they were. */
export interface MessageBatch<T extends RecordMessage> {
  readonly batch: LogBatch;
  readonly messages: readonly T[];
}

/** Bytes of lines in one batch; every sink takes as much. */
const maxBytes = 1 << 20;

/**
 * Puts messages together by destination, in their order. The same messages make the same batches, ids and times: a sink that has
 * them already can tell.
 * @param time of a message, for the batch's
 */
export function messageBatches<T extends RecordMessage>(
  messages: readonly T[],
  time: (message: T) => Date,
): readonly MessageBatch<T>[] {
  const open = new Map<string, { messages: T[]; bytes: number }>();
  const groups: { messages: T[]; bytes: number }[] = [];
  for (const message of messages) {
    const key = JSON.stringify(message.destination);
    const bytes = Buffer.byteLength(message.line) + 1;
    let group = open.get(key);
    if (group === undefined || group.bytes + bytes > maxBytes) {
      group = { messages: [], bytes: 0 };
      open.set(key, group);
      groups.push(group);
    }
    group.messages.push(message);
    group.bytes += bytes;
  }
  return groups.map((group) => ({ batch: batchOf(group.messages, time), messages: group.messages }));
}

function batchOf<T extends RecordMessage>(messages: readonly T[], time: (message: T) => Date): LogBatch {
  const [first] = messages;
  const lines = Buffer.from(messages.map(({ line }) => `${line}\n`).join(""));
  const destination = (first as T).destination;
  return { destination, lines, count: messages.length, time: time(first as T), batchId: idOf(destination, lines) };
}

function idOf(destination: LogSubscriptionSnapshot, lines: Buffer): string {
  return createHash("sha256").update(JSON.stringify(destination)).update("\n").update(lines).digest("hex").slice(0, 32);
}
