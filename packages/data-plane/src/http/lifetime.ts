/** From this part of its lifetime on, a connection is told to end with the response at hand, rather than be cut in the next one. */
const lastCallShare = 0.9;

/** @returns how much of a connection's lifetime there is before the last call */
export function untilLastCall(lifetime: number): number {
  return lifetime * lastCallShare;
}

/** @returns the rest: to be counted from the last call, so that a process that was held up does not skip it */
export function afterLastCall(lifetime: number): number {
  return lifetime * (1 - lastCallShare);
}
