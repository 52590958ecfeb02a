/** Requests at once: enough to hide the network's delay, too few to be throttled. */
const atOnce = 8;

/** @returns what `work` makes of each, in order; at most 8 at a time. The first failure is the whole's */
export async function mapBounded<T, R>(inputs: readonly T[], work: (input: T) => Promise<R>): Promise<readonly R[]> {
  const results: R[] = new Array(inputs.length);
  const queue = inputs.entries();
  const runner = async (): Promise<void> => {
    for (const [index, input] of queue) results[index] = await work(input);
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, inputs.length) }, runner));
  return results;
}
