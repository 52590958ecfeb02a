import { incompleteSignature, invalidSignature, type RejectedSignature } from "./signature-result.ts";
import type { SignedHeaderList } from "./signed-headers.ts";
import { parseTimestamp } from "./timestamp.ts";

/**
 * Takes the time of signing from x-amz-date, or from Date where that is missing, and holds it against the clock and the day of
 * the credential scope.
 * @param date day of the credential scope, YYYYMMDD
 * @param maxSkewMs how far the time may be from now, in milliseconds, in either direction
 * @returns the time as it was signed, YYYYMMDDTHHMMSSZ
 */
export function signingTime(
  list: SignedHeaderList,
  values: readonly string[],
  date: string,
  now: Date,
  maxSkewMs: number,
): string | RejectedSignature {
  const timestamp = values[list.amzDate] ?? values[list.date];
  if (timestamp === undefined) return missing;
  const time = parseTimestamp(timestamp);
  if (time === undefined) return malformed;
  if (!timestamp.startsWith(date)) return otherDay;
  // Written so that an invalid clock rejects.
  return Math.abs(now.getTime() - time) <= maxSkewMs ? timestamp : skewed;
}

const missing = incompleteSignature("missing-date", "the signature has to cover the header `x-amz-date`");
const malformed = incompleteSignature(
  "malformed-date",
  "the header `x-amz-date` has to be of the form YYYYMMDDTHHMMSSZ",
);
const otherDay = invalidSignature("date-mismatch", "the credential scope names another day than `x-amz-date`");
const skewed = invalidSignature("clock-skew", "`x-amz-date` is too far from the current time; check the clock");
