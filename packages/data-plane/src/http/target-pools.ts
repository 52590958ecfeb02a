import { Pool } from "undici";

/** Connections to one target. */
export interface TargetPool {
  readonly pool: Pool;
  /** Requests that wait for a connection or an answer. */
  inFlight: number;
}

export interface TargetPoolSettings {
  readonly maxConnectionsPerTarget: number;
  readonly maxTargets: number;
  /** Milliseconds. */
  readonly connectTimeout: number;
}

/**
 * Kept connections to targets, one pool for each origin. Target certificates are not validated.
 * Source: VPC Lattice user guide, "HTTPS listeners" and target groups, read 2026-11.
 */
export class TargetPools {
  readonly #pools = new Map<string, TargetPool>();
  readonly #settings: TargetPoolSettings;

  constructor(settings: TargetPoolSettings) {
    this.#settings = settings;
  }

  /** @returns the pool for an origin such as `http://10.0.0.1:80`, or undefined when too many requests wait for it already */
  acquire(origin: string): TargetPool | undefined {
    const known = this.#pools.get(origin);
    if (known === undefined) return this.#open(origin);
    return known.inFlight < 2 * this.#settings.maxConnectionsPerTarget ? known : undefined;
  }

  /** Waits for requests in flight, then closes every connection. */
  async close(): Promise<void> {
    await Promise.all([...this.#pools.values()].map(({ pool }) => pool.close()));
  }

  /** Closes every connection at once. */
  async destroy(): Promise<void> {
    await Promise.all([...this.#pools.values()].map(({ pool }) => pool.destroy()));
  }

  #open(origin: string): TargetPool {
    if (this.#pools.size >= this.#settings.maxTargets) this.#dropOldest();
    const { maxConnectionsPerTarget, connectTimeout } = this.#settings;
    const pool = new Pool(origin, {
      connections: maxConnectionsPerTarget,
      pipelining: 1,
      keepAliveTimeout: 30_000,
      allowH2: false,
      // Timeouts come with each request.
      connect: { timeout: connectTimeout, rejectUnauthorized: false },
      maxHeaderSize: 61_440,
    });
    const opened = { pool, inFlight: 0 };
    this.#pools.set(origin, opened);
    return opened;
  }

  /** Pools of targets that are gone would stay for ever; one with requests in flight finishes them first. */
  #dropOldest(): void {
    for (const [origin, { pool, inFlight }] of this.#pools) {
      if (inFlight > 0) continue;
      this.#pools.delete(origin);
      void pool.close();
      return;
    }
  }
}
