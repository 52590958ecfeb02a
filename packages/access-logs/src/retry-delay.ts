const firstMs = 250;

/**
 * @param failures tries that failed in a row, at least 1
 * @param maxMs longest pause
 * @returns milliseconds until the next try: doubling, of which a random half, so that many lanes do not try in step
 */
export function retryDelay(failures: number, maxMs: number, random: () => number = Math.random): number {
  const most = Math.min(maxMs, firstMs * 2 ** Math.min(failures - 1, 20));
  return most * (0.5 + random() / 2);
}
