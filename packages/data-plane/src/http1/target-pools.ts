import { type OriginPool, OriginPools, type TargetPoolSettings } from "../origin-pools.ts";
import type { TargetOrigin } from "../target-origin.ts";
import { type Attempt, PooledRequest, WaitingRequests } from "../waiting-requests.ts";
import type { CoarseClock, Timed } from "./coarse-clock.ts";
import { type ConnectionOwner, TargetConnection } from "./target-connection.ts";
import type { TargetRequest } from "./target-request.ts";

/** Connections to one origin, and the requests that wait for one. */
class TargetPool implements OriginPool<TargetRequest>, ConnectionOwner, Timed {
  readonly clock: CoarseClock;
  readonly connectTimeout: number;
  readonly #origin: TargetOrigin;
  readonly #max: number;
  readonly #open = new Set<TargetConnection>();
  /** Used last, taken first: the others may grow old and close. */
  readonly #idle: TargetConnection[] = [];
  readonly #waiting: WaitingRequests<TargetRequest>;

  constructor(origin: TargetOrigin, clock: CoarseClock, settings: TargetPoolSettings) {
    this.#origin = origin;
    this.clock = clock;
    this.connectTimeout = settings.connectTimeout;
    this.#max = settings.maxConnectionsPerTarget;
    this.#waiting = new WaitingRequests(this.#max);
    clock.add(this);
  }

  get isBusy(): boolean {
    return this.#idle.length < this.#open.size || !this.#waiting.isEmpty;
  }

  submit(request: TargetRequest, isFresh: boolean): Attempt | undefined {
    const pooled = new PooledRequest(request, this.clock.now);
    return this.#place(pooled, isFresh) || this.#waiting.add(pooled) ? pooled : undefined;
  }

  #place(pooled: PooledRequest<TargetRequest>, isFresh: boolean): boolean {
    if (!isFresh) {
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
    const next = this.#waiting.take();
    if (next === undefined) this.#idle.push(connection);
    else {
      next.connection = connection;
      connection.start(next.request);
    }
  }

  onGone(connection: TargetConnection): void {
    this.#open.delete(connection);
    const at = this.#idle.indexOf(connection);
    if (at !== -1) this.#idle.splice(at, 1);
    const next = this.#waiting.take();
    if (next !== undefined && !this.#place(next, false)) this.#waiting.putBack(next);
  }

  checkDeadlines(now: number): void {
    this.#waiting.dropLate(now);
  }

  destroy(): void {
    this.clock.delete(this);
    this.#waiting.clear();
    for (const connection of this.#open) connection.destroy();
  }
}

/** @returns kept connections to targets of HTTP/1.1, one pool for each origin */
export function openTargetPools(settings: TargetPoolSettings): OriginPools<TargetRequest> {
  return new OriginPools(settings.maxTargets, (origin, clock) => new TargetPool(origin, clock, settings));
}
