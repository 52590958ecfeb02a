import { decodeRecordMessage } from "@pergola/access-logs";
import type { LogBatch, LogSink } from "@pergola/core";
import { expect, it } from "vitest";
import { queueSinks, withLastResort } from "./record-sinks.ts";

const signal = AbortSignal.timeout(10_000);
const lines = Array.from({ length: 25 }, (_, i) => JSON.stringify({ requestPath: `/${i}`, text: "grün" }));
const batch: LogBatch = {
  destination: {
    id: "als-0123456789abcdef0",
    destinationKind: "s3",
    destinationArn: "arn:aws:s3:::logs",
    resourceId: "svc-0123456789abcdef0",
    account: "123456789012",
    region: "us-west-2",
  },
  lines: Buffer.from(lines.map((line) => `${line}\n`).join("")),
  count: lines.length,
  time: new Date(0),
  batchId: "00",
};
const none: LogSink = { deliver: () => Promise.reject(new Error("away")) };
const away = { cloudwatch: none, s3: none, firehose: none };

it("a batch becomes one message a line, several requests at once; Firehose gets it as it is", async () => {
  const sent: string[] = [];
  let atOnce = 0;
  let most = 0;
  const queue = {
    async send(bodies: readonly string[]) {
      atOnce += 1;
      most = Math.max(most, atOnce);
      await new Promise((resolve) => setTimeout(resolve, 5));
      atOnce -= 1;
      sent.push(...bodies);
    },
  };
  const taken: LogBatch[] = [];
  const direct = { ...away, firehose: { deliver: async (one: LogBatch) => void taken.push(one) } };
  const sinks = queueSinks(queue, direct);

  await sinks.s3.deliver(batch, signal);
  await sinks.firehose.deliver(batch, signal);

  expect(most).toBeGreaterThan(1);
  const messages = sent.map(decodeRecordMessage);
  expect(messages.every((message) => message?.destination.destinationArn === "arn:aws:s3:::logs")).toBe(true);
  expect(messages.map((message) => message?.line).toSorted()).toEqual(lines.toSorted());
  expect(taken).toEqual([batch]);
});

it("a batch that the queue takes only in part fails as a whole, and comes again", async () => {
  let calls = 0;
  const queue = {
    async send() {
      calls += 1;
      if (calls === 2) throw new Error("refused");
    },
  };
  await expect(queueSinks(queue, away).cloudwatch.deliver(batch, signal)).rejects.toThrow("refused");
});

it("what cannot be delivered stays in the spool until the end, and goes to the log then", async () => {
  let isEnding = false;
  const written: string[] = [];
  const errors: string[] = [];
  const logger = { info: () => {}, warn: () => {}, error: (message: string) => void errors.push(message) };
  const writeLost = (line: string): void => void written.push(line);
  const slow: LogSink = {
    deliver: (_batch, given) => new Promise((_, reject) => given.addEventListener("abort", () => reject(given.reason))),
  };
  const lastResort = { isEnding: () => isEnding, writeLost, logger, timeoutMs: 20 };
  const sinks = withLastResort({ ...away, firehose: slow }, lastResort);

  await expect(sinks.s3.deliver(batch, signal)).rejects.toThrow("away");
  expect(written).toEqual([]);
  isEnding = true;
  await sinks.s3.deliver(batch, signal);
  await sinks.firehose.deliver(batch, signal);

  expect(written.map((line) => decodeRecordMessage(line.trimEnd())?.line)).toEqual([...lines, ...lines]);
  expect(errors).toHaveLength(2);
});
