/** A worker that ends within this time, in milliseconds, has not worked. */
const shortLifeMs = 10_000;
const firstMs = 1_000;
const longestMs = 30_000;

/**
 * @param livedMs how long the worker lived that has crashed
 * @param lastMs the pause before it
 * @returns the pause before its successor starts, in milliseconds
 */
export function restartDelay(livedMs: number, lastMs: number): number {
  return livedMs >= shortLifeMs ? 0 : Math.min(longestMs, Math.max(firstMs, 2 * lastMs));
}
