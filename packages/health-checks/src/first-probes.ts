/** New targets are asked at once, but not more of them than one in this time, in milliseconds. */
const distanceMs = 1;

/**
 * Spreads the first probes of many targets. The later ones keep the distance, since each target's interval begins with its first:
 * thousands of targets that came at one time, as at a start, do not come at one time again.
 * @returns for an interval, the milliseconds until the first probe of one more target: never more than the interval
 */
export function firstProbes(): (intervalMs: number) => number {
  let last = Number.NEGATIVE_INFINITY;
  return (intervalMs) => {
    const now = performance.now();
    const at = Math.max(now, last + distanceMs);
    // Beyond the interval there is no room of one's own.
    if (at - now > intervalMs) return Math.random() * intervalMs;
    last = at;
    return at - now;
  };
}
