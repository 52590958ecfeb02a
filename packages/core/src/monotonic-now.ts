/**
 * @returns milliseconds of the monotonic clock, with fractions. Not `performance.now()`: its first use loads `node:perf_hooks`, which is
 * a millisecond of a router's start on Lambda; else they cost the same
 */
export function monotonicNow(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}
