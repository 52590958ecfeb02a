import { encodeRecordMessage } from "@pergola/access-logs";
import type { LogBatch, LogSubscriptionSnapshot } from "@pergola/core";
import { beforeEach, describe, expect, it } from "vitest";
import { deliverMessages, type QueueMessage } from "./deliver-messages.ts";

const base = { resourceId: "svc-1", account: "123456789012", region: "us-west-2" };
const s3: LogSubscriptionSnapshot = {
  id: "als-1",
  destinationKind: "s3",
  destinationArn: "arn:aws:s3:::logs",
  ...base,
};
const firehose: LogSubscriptionSnapshot = { ...s3, id: "als-2", destinationKind: "firehose", destinationArn: "arn:f" };
const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };

function message(messageId: string, destination: LogSubscriptionSnapshot, line: object): QueueMessage {
  const body = encodeRecordMessage({ destination, line: JSON.stringify(line) });
  return { messageId, body, attributes: { SentTimestamp: "1795600800123" } };
}

describe("a batch of the record queue", () => {
  let delivered: LogBatch[];
  let broken: string[];
  const sink = (kind: string) => ({
    async deliver(batch: LogBatch) {
      if (broken.includes(kind)) throw new Error("away");
      delivered.push(batch);
    },
  });
  const sinks = { s3: sink("s3"), firehose: sink("firehose"), cloudwatch: sink("cloudwatch") };
  const deliver = (messages: QueueMessage[]): Promise<readonly string[]> =>
    deliverMessages(messages, sinks, silent, AbortSignal.timeout(1_000));

  beforeEach(() => {
    delivered = [];
    broken = [];
  });

  it("goes to each destination in one piece, line by line as it was written", async () => {
    const messages = [message("1", s3, { a: "ü" }), message("2", firehose, { b: 2 }), message("3", s3, { c: 3 })];
    expect(await deliver(messages)).toEqual([]);
    expect(delivered.map(({ destination, lines, count }) => [destination.id, lines.toString(), count])).toEqual([
      ["als-1", '{"a":"ü"}\n{"c":3}\n', 2],
      ["als-2", '{"b":2}\n', 1],
    ]);
    expect(delivered[0]?.time).toEqual(new Date(1795600800123));
  });

  it("comes again only where its destination did not take it, under the same name", async () => {
    const messages = [message("1", s3, { a: 1 }), message("2", firehose, { b: 2 })];
    broken = ["s3"];
    expect(await deliver(messages)).toEqual(["1"]);
    broken = [];
    expect(await deliver([messages[0] as QueueMessage])).toEqual([]);
    expect(await deliver([messages[0] as QueueMessage])).toEqual([]);
    expect(delivered.map(({ destination }) => destination.id)).toEqual(["als-2", "als-1", "als-1"]);
    expect(delivered[1]?.batchId).toBe(delivered[2]?.batchId);
  });

  it.each([
    "",
    "hello",
    "{}",
    encodeRecordMessage({ destination: { ...s3, id: "" }, line: "{}" }),
    encodeRecordMessage({ destination: s3, line: "{}\n{}" }),
  ])("gives a message that is no record back to the queue: `%s`", async (body) => {
    const bad = { messageId: "bad", body, attributes: { SentTimestamp: "1" } };
    expect(await deliver([bad, message("1", s3, {})])).toEqual(["bad"]);
    expect(delivered).toHaveLength(1);
  });
});
