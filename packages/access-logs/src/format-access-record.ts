import type { AccessRecord } from "@pergola/core";
import { callerJson, members, placeJson, serviceJson } from "./kept-json.ts";
import { arePlain, escaped } from "./plain-texts.ts";

/** A part of a line: bytes that many lines have in common, or text of its own. */
export type LinePart = Buffer | string;

/**
 * One line of an access log, in the field order of the log whatever the order in `record` is. Half of it is the same from one request to
 * the next, and in bytes already. The rest is joined as it is, where JSON writes it as it is: a text for each quoted field took twice
 * the time. Joined and not concatenated, which leaves an object for each piece to the collector.
 * @returns JSON without newline
 */
export function accessRecordParts(record: AccessRecord): readonly LinePart[] {
  const own = arePlain(record) ? record : escaped(record);
  const { grpcResponseCode: grpc } = record;
  const request = [
    own.requestId,
    '","startTime":"',
    own.startTime,
    '","requestMethod":"',
    own.requestMethod,
    '","requestPath":"',
    own.requestPath,
    '","protocol":"',
    own.protocol,
    '","hostHeader":"',
    own.hostHeader,
    '"',
    tlsMembers(record),
    ',"userAgent":"',
    own.userAgent,
    '","sourceIpPort":"',
    own.sourceIpPort,
  ].join("");
  const numbers = [
    // `-` where there is no HTTP.
    typeof record.responseCode === "number" ? record.responseCode : JSON.stringify(record.responseCode),
    ',"bytesReceived":',
    record.bytesReceived,
    ',"bytesSent":',
    record.bytesSent,
    ',"duration":',
    record.duration,
    ',"requestToTargetDuration":',
    record.requestToTargetDuration,
    ',"responseFromTargetDuration":',
    record.responseFromTargetDuration,
    ',"grpcResponseCode":',
    grpc === "-" ? '"-"' : JSON.stringify(grpc),
  ].join("");
  return [serviceJson(record), request, placeJson(record), numbers, callerJson(record)];
}

/** @returns the line of `accessRecordParts` in one */
export function formatAccessRecord(record: AccessRecord): string {
  return accessRecordParts(record)
    .map((part) => part.toString())
    .join("");
}

function tlsMembers({ serverNameIndication, tlsVersion, sslCipher }: AccessRecord): string {
  if (serverNameIndication === "-" && tlsVersion === "-" && sslCipher === "-") return noTls;
  return members({ serverNameIndication, tlsVersion, sslCipher });
}

const noTls = members({ serverNameIndication: "-", tlsVersion: "-", sslCipher: "-" });
