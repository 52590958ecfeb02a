import { monotonicNow } from "@pergola/core";
/** Somebody who has deadlines. */
export interface Timed {
  /** @param now milliseconds of the monotonic clock */
  checkDeadlines(now: number): void;
}

/**
 * One timer for the deadlines of many connections: a timer for each, set anew with every request, costs more than parsing the
 * request. Deadlines are kept to within two steps.
 */
export class CoarseClock {
  /** Milliseconds of the monotonic clock, at the last step. */
  now = monotonicNow();
  readonly #timed = new Set<Timed>();
  readonly #timer: NodeJS.Timeout;

  /** @param shortest the shortest time, in milliseconds, that anybody has a deadline after */
  constructor(shortest: number) {
    const step = Math.min(500, Math.max(5, shortest / 20));
    this.#timer = setInterval(() => this.#step(), step).unref();
  }

  add(timed: Timed): void {
    this.#timed.add(timed);
  }

  delete(timed: Timed): void {
    this.#timed.delete(timed);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #step(): void {
    this.now = monotonicNow();
    for (const timed of this.#timed) timed.checkDeadlines(this.now);
  }
}
