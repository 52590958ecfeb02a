/**
 * How many streams a client may leave unfinished. Opening and resetting costs it two small frames and the server a request, and
 * no limit on concurrent streams catches it (CVE-2023-44487, "rapid reset"); the same with streams that it makes the server
 * reset (CVE-2025-8671). A bucket: so many at once, so many each second.
 */
export class ResetAllowance {
  readonly #burst: number;
  readonly #perSecond: number;
  #left: number;
  #filledAt: number;

  /** @param now milliseconds of the monotonic clock */
  constructor(burst: number, perSecond: number, now: number) {
    this.#burst = burst;
    this.#perSecond = perSecond;
    this.#left = burst;
    this.#filledAt = now;
  }

  /** @returns false when it is used up */
  take(now: number): boolean {
    const gained = ((now - this.#filledAt) / 1_000) * this.#perSecond;
    this.#left = Math.min(this.#burst, this.#left + gained) - 1;
    this.#filledAt = now;
    return this.#left >= 0;
  }

  /** Gives one back, as far as there is room. */
  earn(): void {
    if (this.#left < this.#burst) this.#left += 1;
  }
}
