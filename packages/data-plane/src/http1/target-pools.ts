import { CoarseClock, type Timed } from "./coarse-clock.ts";
import { TargetConnection, type TargetOrigin, type TargetRequest } from "./target-connection.ts";

export interface TargetPoolSettings {
  readonly maxConnectionsPerTarget: number;
  readonly maxTargets: number;
  /** Milliseconds. */
  readonly connectTimeout: number;
}

/** Between the request and the connection that it gets, or waits for. */
export interface Attempt {
  /** Nobody wants the response any more. */
  abort(): void;
  /** The reader of the response can take more. */
  resume(): void;
}

/** A request that waits for a connection, or has one. */
class PooledRequest implements Attempt {
  readonly request: TargetRequest;
  readonly since: number;
  /** Only a new connection will do. */
  readonly isFresh: boolean;
  connection: TargetConnection | undefined = undefined;
  isAborted = false;

  constructor(request: TargetRequest, since: number, isFresh: boolean) {
    this.request = request;
    this.since = since;
    this.isFresh = isFresh;
  }

  abort(): void {
    this.isAborted = true;
    this.connection?.abort();
  }

  resume(): void {
    this.connection?.resume();
  }
}

/** Connections to one origin, and the requests that wait for one. */
class TargetPool implements Timed {
  readonly clock: CoarseClock;
  readonly connectTimeout: number;
  readonly #origin: TargetOrigin;
  readonly #max: number;
  readonly #open = new Set<TargetConnection>();
  /** Used last, taken first: the others may grow old and close. */
  readonly #idle: TargetConnection[] = [];
  #waiting: PooledRequest[] = [];

  constructor(origin: TargetOrigin, clock: CoarseClock, settings: TargetPoolSettings) {
    this.#origin = origin;
    this.clock = clock;
    this.connectTimeout = settings.connectTimeout;
    this.#max = settings.maxConnectionsPerTarget;
    clock.add(this);
  }

  get isBusy(): boolean {
    return this.#idle.length < this.#open.size || this.#waiting.length > 0;
  }

  /** @returns undefined when as many requests wait as may */
  submit(request: TargetRequest, isFresh: boolean): Attempt | undefined {
    const pooled = new PooledRequest(request, this.clock.now, isFresh);
    if (this.#place(pooled)) return pooled;
    if (this.#waiting.length >= this.#max) return undefined;
    this.#waiting.push(pooled);
    return pooled;
  }

  #place(pooled: PooledRequest): boolean {
    if (!pooled.isFresh) {
      for (let kept = this.#idle.pop(); kept !== undefined; kept = this.#idle.pop()) {
        if (!kept.isUsable) continue;
        pooled.connection = kept;
        kept.start(pooled.request);
        return true;
      }
    }
    if (this.#open.size >= this.#max) return false;
    const connection = new TargetConnection(this.#origin, pooled.request, this);
    pooled.connection = connection;
    this.#open.add(connection);
    return true;
  }

  onIdle(connection: TargetConnection): void {
    const next = this.#nextWaiting();
    if (next === undefined) this.#idle.push(connection);
    else if (next.isFresh) {
      this.#waiting.unshift(next);
      connection.destroy();
    } else {
      next.connection = connection;
      connection.start(next.request);
    }
  }

  onGone(connection: TargetConnection): void {
    this.#open.delete(connection);
    const at = this.#idle.indexOf(connection);
    if (at !== -1) this.#idle.splice(at, 1);
    const next = this.#nextWaiting();
    if (next !== undefined && !this.#place(next)) this.#waiting.unshift(next);
  }

  #nextWaiting(): PooledRequest | undefined {
    for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) {
      if (!next.isAborted) return next;
    }
    return undefined;
  }

  /** Who has waited for a connection as long as for an answer waits no longer. */
  checkDeadlines(now: number): void {
    if (this.#waiting.length === 0) return;
    const late = this.#waiting.filter(({ since, request }) => now - since > request.timeout);
    if (late.length === 0) return;
    this.#waiting = this.#waiting.filter((one) => !late.includes(one));
    for (const { isAborted, request } of late) if (!isAborted) request.onFailure("timeout", undefined);
  }

  destroy(): void {
    this.clock.delete(this);
    this.#waiting = [];
    for (const connection of this.#open) connection.destroy();
  }
}

/** Kept connections to targets, one pool for each origin. */
export class TargetPools {
  readonly #pools = new Map<string, TargetPool>();
  readonly #settings: TargetPoolSettings;
  readonly #clock = new CoarseClock(1_000);

  constructor(settings: TargetPoolSettings) {
    this.#settings = settings;
  }

  /**
   * Sends a request once there is a connection for it.
   * @param isFresh whether only a new connection will do
   * @returns undefined when too many requests wait for the target already
   */
  submit(origin: TargetOrigin, request: TargetRequest, isFresh: boolean): Attempt | undefined {
    const key = `${origin.host} ${origin.port} ${origin.serverName ?? ""}`;
    return (this.#pools.get(key) ?? this.#openPool(key, origin)).submit(request, isFresh);
  }

  /** Closes every connection at once. */
  destroy(): void {
    this.#clock.stop();
    for (const pool of this.#pools.values()) pool.destroy();
    this.#pools.clear();
  }

  #openPool(key: string, origin: TargetOrigin): TargetPool {
    if (this.#pools.size >= this.#settings.maxTargets) this.#dropOldest();
    const pool = new TargetPool(origin, this.#clock, this.#settings);
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
