import { monotonicNow } from "@pergola/core";
export interface RetryLimits {
  /** For all tries together, in milliseconds. */
  readonly deadlineMs: number;
  /** For one try, in milliseconds. */
  readonly attemptMs: number;
}

/** The service did not do what it was asked within the time given; a write may or may not have been done. */
export class RetriesExhausted extends Error {
  override readonly name = "RetriesExhausted";
}

const firstPauseMs = 25;
const longestPauseMs = 1000;

/**
 * Tries until it works, the deadline is over, or it fails for good.
 * @param attempt gets the signal that ends this try
 * @param isWorthwhile whether another try can help after this error
 * @throws the caller's abort reason, the error of the try that failed for good, or RetriesExhausted with the last one as cause
 */
export async function withRetries<T>(
  attempt: (signal: AbortSignal) => Promise<T>,
  isWorthwhile: (error: unknown) => boolean,
  { deadlineMs, attemptMs }: RetryLimits,
  signal?: AbortSignal,
): Promise<T> {
  const end = monotonicNow() + deadlineMs;
  for (let tries = 1; ; tries += 1) {
    signal?.throwIfAborted();
    const timeLimit = AbortSignal.timeout(Math.max(1, Math.ceil(Math.min(attemptMs, end - monotonicNow()))));
    try {
      return await attempt(signal === undefined ? timeLimit : AbortSignal.any([signal, timeLimit]));
    } catch (error) {
      signal?.throwIfAborted();
      if (!timeLimit.aborted && !isWorthwhile(error)) throw error;
      const pause = retryPause(tries);
      if (monotonicNow() + pause >= end) {
        throw new RetriesExhausted(`no success within ${Math.ceil(deadlineMs)} ms and ${tries} tries`, {
          cause: error,
        });
      }
      await pauseFor(pause, signal);
    }
  }
}

async function pauseFor(ms: number, signal: AbortSignal | undefined): Promise<void> {
  // Not imported: docs/lambda.md, "Bundles".
  const { setTimeout: sleep } = process.getBuiltinModule("node:timers/promises");
  try {
    await sleep(ms, undefined, signal === undefined ? {} : { signal });
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  }
}

/** @returns milliseconds before the next try: up to a bound that doubles, at random, so that rivals fall out of step */
export function retryPause(tries: number, random: () => number = Math.random): number {
  return random() * Math.min(longestPauseMs, firstPauseMs * 2 ** Math.min(tries, 10));
}
