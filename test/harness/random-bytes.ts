/** Random numbers that are the same in each run, so that a failure can be looked at again. */
export interface SeededRandom {
  /** @returns a whole number from 0 to `below` - 1 */
  integer(below: number): number;
  bytes(length: number): Uint8Array;
}

/** @param seed any whole number but 0 */
export function seededRandom(seed: number): SeededRandom {
  let state = seed >>> 0;
  // xorshift32 (Marsaglia, 2003)
  const next = (): number => {
    state ^= state << 13;
    state >>>= 0;
    state ^= state >>> 17;
    state ^= state << 5;
    state >>>= 0;
    return state;
  };
  return {
    integer: (below) => next() % below,
    bytes: (length) => Uint8Array.from({ length }, () => next() >>> 24),
  };
}
