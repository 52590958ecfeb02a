import { CliFailure } from "../cli-failure.ts";

const units = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/**
 * @param text a time (`2026-11-23`, `2026-11-23T10:00:00Z`, with any offset) or how long ago (`90s`, `30m`, `2h`, `7d`)
 * @returns the moment, ISO 8601 in UTC
 * @throws CliFailure for anything else
 */
export function momentOf(text: string, option: string, now: Date): string {
  const ago = /^(\d{1,6})([smhd])$/.exec(text);
  if (ago !== null) {
    const ms = Number(ago[1]) * units[ago[2] as keyof typeof units];
    return new Date(now.getTime() - ms).toISOString();
  }
  // Without an offset JavaScript would read a date as UTC and a time as local: neither is what everybody means.
  const isTime = /^\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d{1,3})?)?(?:Z|[+-]\d\d:\d\d))?$/.test(text);
  const moment = isTime ? new Date(text) : new Date(Number.NaN);
  if (!Number.isNaN(moment.getTime())) return moment.toISOString();
  throw new CliFailure(
    `${option} is \`${text}\` and must be a time such as 2026-11-23T10:00:00Z, or how long ago: 30m, 2h, 7d`,
    2,
  );
}
