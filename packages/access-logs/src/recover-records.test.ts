import { readdirSync, readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { LogSubscriptionSnapshot } from "@pergola/core";
import { describe, expect, it, onTestFinished } from "vitest";
import { createFileSinks } from "./file-sinks.ts";
import { encodeRecordMessage, findRecordMessage } from "./record-message.ts";
import { recoverRecords } from "./recover-records.ts";

const destination: LogSubscriptionSnapshot = {
  id: "als-1",
  destinationKind: "firehose",
  destinationArn: "arn:aws:firehose:us-west-2:123456789012:deliverystream/logs",
  resourceId: "svc-0a1b2c3d4e5f60718",
  account: "123456789012",
  region: "us-west-2",
};
const line = JSON.stringify({ startTime: "2026-11-23T10:00:00Z", userAgent: 'a "quoted" \\ agent', requestPath: "/ü" });
const message = { destination, line };
const text = encodeRecordMessage(message);

describe("a record in a log", () => {
  it.each([
    ["alone", text],
    ["with a carriage return", `${text}\r`],
    ["after a time and a stream", `2026-11-23T10:00:00Z 2026/11/23/[$LATEST]abc ${text}`],
    ["as filter-log-events prints it", `            "message": ${JSON.stringify(`${text}\n`)},`],
    ["in Lambda's JSON log format", JSON.stringify({ timestamp: "t", level: "INFO", message: text, requestId: "r" })],
  ])("is found %s", (_form, logLine) => {
    expect(findRecordMessage(logLine)).toEqual(message);
  });

  it.each([
    ["cut off", text.slice(0, -10)],
    ["with a destination that is none", text.replace('"firehose"', '"ftp"')],
    ["with a line that is no JSON", encodeRecordMessage({ destination, line: "hello" })],
    ["escaped and cut off", JSON.stringify(text).slice(0, -10)],
  ])("is damaged when it is %s", (_form, logLine) => {
    expect(findRecordMessage(logLine)).toBe("damaged");
  });

  it.each(["", "START RequestId: 1", '{"level":"INFO","message":"hello"}'])("is not seen in `%s`", (logLine) => {
    expect(findRecordMessage(logLine)).toBeUndefined();
  });
});

it("brings every record to its destination once, however often it runs", async () => {
  const dir = await mkdtemp(join(tmpdir(), "recover-"));
  onTestFinished(() => rm(dir, { recursive: true }));
  const sinks = createFileSinks({ dir });
  const log = [
    "START",
    text,
    text.slice(0, -3),
    encodeRecordMessage({ destination, line: line.replace("ü", "b") }),
    "",
  ];
  const signal = AbortSignal.timeout(5_000);

  expect(await recoverRecords(log, sinks, signal)).toEqual({ delivered: 2, damaged: 1, skipped: 1 });
  expect(await recoverRecords(log, sinks, signal)).toEqual({ delivered: 2, damaged: 1, skipped: 1 });

  const files = readdirSync(dir, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const written = files.map((file) => readFileSync(join(file.parentPath, file.name), "utf8")).join("");
  expect(written).toBe(`${line}\n${line.replace("ü", "b")}\n`);
});

it("says so when a destination does not take its records", async () => {
  const away = { deliver: () => Promise.reject(new Error("away")) };
  const sinks = { cloudwatch: away, s3: away, firehose: away };
  await expect(recoverRecords([text], sinks, AbortSignal.timeout(5_000))).rejects.toThrow("away");
});
