import { CoarseClock } from "./http1/coarse-clock.ts";
import { originKey, type TargetOrigin } from "./target-origin.ts";

export interface TargetPoolSettings {
  readonly maxConnectionsPerTarget: number;
  readonly maxTargets: number;
  /** Milliseconds. */
  readonly connectTimeout: number;
}

/** The connections to one origin. */
export interface OriginPool {
  /** Whether requests are in flight, or wait. */
  readonly isBusy: boolean;
  /** Closes every connection at once. */
  destroy(): void;
}

/** Kept connections to targets, one pool for each origin, and one clock for all of them. */
export class OriginPools<Pool extends OriginPool> {
  readonly #pools = new Map<string, Pool>();
  readonly #maxTargets: number;
  readonly #open: (origin: TargetOrigin, clock: CoarseClock) => Pool;
  readonly #clock = new CoarseClock(1_000);

  constructor(maxTargets: number, open: (origin: TargetOrigin, clock: CoarseClock) => Pool) {
    this.#maxTargets = maxTargets;
    this.#open = open;
  }

  /** @returns the origin's pool, a new one where there is none yet */
  of(origin: TargetOrigin): Pool {
    const key = originKey(origin);
    return this.#pools.get(key) ?? this.#openPool(key, origin);
  }

  /** Closes every connection at once. */
  destroy(): void {
    this.#clock.stop();
    for (const pool of this.#pools.values()) pool.destroy();
    this.#pools.clear();
  }

  #openPool(key: string, origin: TargetOrigin): Pool {
    if (this.#pools.size >= this.#maxTargets) this.#dropOldest();
    const pool = this.#open(origin, this.#clock);
    this.#pools.set(key, pool);
    return pool;
  }

  /** Pools of targets that are gone would stay for ever; one with requests in flight finishes them first. */
  #dropOldest(): void {
    for (const [key, pool] of this.#pools) {
      if (pool.isBusy) continue;
      this.#pools.delete(key);
      pool.destroy();
      return;
    }
  }
}
