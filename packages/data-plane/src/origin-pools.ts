import { CoarseClock } from "./http1/coarse-clock.ts";
import { originKey, type TargetOrigin } from "./target-origin.ts";
import type { Attempt } from "./waiting-requests.ts";

export interface TargetPoolSettings {
  readonly maxConnectionsPerTarget: number;
  readonly maxTargets: number;
  /** Milliseconds. */
  readonly connectTimeout: number;
}

/** The connections to one origin. */
export interface OriginPool<Request> {
  /** Whether requests are in flight, or wait. */
  readonly isBusy: boolean;
  /**
   * @param isFresh whether only a new connection will do
   * @returns undefined when as many requests wait as may
   */
  submit(request: Request, isFresh: boolean): Attempt | undefined;
  /** Closes every connection at once. */
  destroy(): void;
}

/** Kept connections to targets, one pool for each origin, and one clock for all of them. */
export class OriginPools<Request> {
  readonly #pools = new Map<string, OriginPool<Request>>();
  readonly #maxTargets: number;
  readonly #open: (origin: TargetOrigin, clock: CoarseClock) => OriginPool<Request>;
  readonly #clock = new CoarseClock(1_000);

  constructor(maxTargets: number, open: (origin: TargetOrigin, clock: CoarseClock) => OriginPool<Request>) {
    this.#maxTargets = maxTargets;
    this.#open = open;
  }

  /**
   * Sends a request once there is a connection for it.
   * @param isFresh whether only a new connection will do
   * @returns undefined when too many requests wait for the target already
   */
  submit(origin: TargetOrigin, request: Request, isFresh: boolean): Attempt | undefined {
    const key = originKey(origin);
    const pool = this.#pools.get(key) ?? this.#openPool(key, origin);
    return pool.submit(request, isFresh);
  }

  /** Closes every connection at once. */
  destroy(): void {
    this.#clock.stop();
    for (const pool of this.#pools.values()) pool.destroy();
    this.#pools.clear();
  }

  #openPool(key: string, origin: TargetOrigin): OriginPool<Request> {
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
