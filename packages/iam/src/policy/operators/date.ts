import { orderedOperators } from "./ordered.ts";

const iso = /^(\d{4})-(\d\d)(?:-(\d\d)(?:T(\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?(?:Z|([+-])(\d\d):(\d\d)))?)?$/;
const epoch = /^-?\d{1,13}$/;

/**
 * Reads W3C's profile of ISO 8601 (with a zone where there is a time) or whole epoch seconds.
 * A bare `2026` is seconds, as in IAM. Source: IAM user guide, "Date condition operators", read 2026-11.
 * @returns epoch milliseconds, or undefined for anything else and for days that do not exist
 */
export function parseDate(text: string): number | undefined {
  if (epoch.test(text)) return Number(text) * 1000;
  if (text.length > 40) return undefined;
  const match = iso.exec(text);
  if (match === null) return undefined;
  const [, year, month, day = "01", hour = "00", minute = "00", second = "00", fraction = "0"] = match;
  const fields = [year, month, day, hour, minute, second].map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const [y, m, d, h, min, s] = fields;
  if (m < 1 || m > 12 || d < 1 || h > 23 || min > 59 || s > 59) return undefined;
  // setUTCFullYear: Date.UTC takes the years 0–99 for 1900–1999.
  const date = new Date(0);
  date.setUTCFullYear(y, m - 1, d);
  if (date.getUTCDate() !== d) return undefined;
  date.setUTCHours(h, min, s, 0);
  const offset = offsetMilliseconds(match[8], match[9], match[10]);
  return offset === undefined ? undefined : date.getTime() + Number(`0.${fraction}`) * 1000 - offset;
}

function offsetMilliseconds(sign: string | undefined, hours = "00", minutes = "00"): number | undefined {
  if (Number(hours) > 23 || Number(minutes) > 59) return undefined;
  return (sign === "-" ? -1 : 1) * (Number(hours) * 60 + Number(minutes)) * 60_000;
}

export const dateOperators = orderedOperators({
  name: "Date",
  parse: parseDate,
  expected: "is no date; write `2026-11-23`, `2026-11-23T10:00:00Z` (with a zone) or epoch seconds",
});
