const units = [
  ["d", 86_400],
  ["h", 3_600],
  ["m", 60],
  ["s", 1],
] as const;

/**
 * @param since ISO 8601
 * @returns how long ago that was, in the largest unit that fits: `3d`, `2h`, `5m`, `10s`; empty for no time
 */
export function ageOf(since: unknown, now: Date): string {
  const start = typeof since === "string" || typeof since === "number" ? new Date(since).getTime() : Number.NaN;
  if (Number.isNaN(start)) return "";
  const seconds = Math.max(0, Math.floor((now.getTime() - start) / 1_000));
  const [unit, length] = units.find(([, size]) => seconds >= size) ?? ["s", 1];
  return `${Math.floor(seconds / length)}${unit}`;
}
