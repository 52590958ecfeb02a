import type { AccessRecord, LogSubscriptionSnapshot } from "@pergola/core";
import { formatAccessRecord } from "./format-access-record.ts";

/** One access log line on its way to one destination, outside of the process that wrote it. */
export interface RecordMessage {
  readonly destination: LogSubscriptionSnapshot;
  /** JSON, without newline. */
  readonly line: string;
}

/** Begins every message, so that one is found in the midst of other output. */
const marker = '{"pergolaAccessRecord":1,';

/** @returns a message for each destination: each can fail by itself, and none gets a line twice because another one failed */
export function recordMessages(
  record: AccessRecord,
  destinations: readonly LogSubscriptionSnapshot[],
): readonly RecordMessage[] {
  const line = formatAccessRecord(record);
  return destinations.map((destination) => ({ destination, line }));
}

/** @returns one line of JSON without newline: the body of a queue's message, or a line of a process's own log */
export function encodeRecordMessage({ destination, line }: RecordMessage): string {
  return `${marker}${JSON.stringify({ destination, line }).slice(1)}`;
}

/** @returns the message, or undefined when the text is none */
export function decodeRecordMessage(text: string): RecordMessage | undefined {
  if (!text.startsWith(marker)) return undefined;
  const value = parse(text);
  if (!isObject(value) || typeof value.line !== "string" || !isObject(parse(value.line))) return undefined;
  const destination = readDestination(value.destination);
  // A line break would make two lines of one at the destination.
  return destination === undefined || value.line.includes("\n") ? undefined : { destination, line: value.line };
}

/**
 * Finds a message in a line of a log: alone, after a time or stream name, or escaped inside another JSON document, as
 * `aws logs filter-log-events` and Lambda's JSON log format print it.
 * @returns the message; undefined when there is none; `damaged` when there is the beginning of one
 */
export function findRecordMessage(logLine: string): RecordMessage | "damaged" | undefined {
  const at = logLine.indexOf(marker);
  if (at >= 0) return decodeRecordMessage(logLine.slice(at).trimEnd()) ?? "damaged";
  const escaped = JSON.stringify(marker).slice(0, -1);
  const from = logLine.indexOf(escaped);
  if (from < 0) return undefined;
  // The string ends at the first quote that no backslash stands before.
  const [quoted = ""] = /^"(?:[^"\\]|\\.)*"/.exec(logLine.slice(from)) ?? [];
  const text = parse(quoted);
  return (typeof text === "string" ? decodeRecordMessage(text.trimEnd()) : undefined) ?? "damaged";
}

function readDestination(value: unknown): LogSubscriptionSnapshot | undefined {
  if (!isObject(value)) return undefined;
  const { id, destinationKind, destinationArn, resourceId, account, region, logType } = value;
  const texts = [id, destinationArn, resourceId, account, region];
  if (!texts.every((text) => typeof text === "string" && text !== "" && text.length <= 2048)) return undefined;
  if (destinationKind !== "cloudwatch" && destinationKind !== "s3" && destinationKind !== "firehose") return undefined;
  if (logType !== undefined && logType !== "RESOURCE") return undefined;
  const destination = { id, destinationKind, destinationArn, resourceId, account, region } as LogSubscriptionSnapshot;
  return logType === undefined ? destination : { ...destination, logType };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
