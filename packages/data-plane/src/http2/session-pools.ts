import type { CoarseClock, Timed } from "../http1/coarse-clock.ts";
import { type OriginPool, OriginPools, type TargetPoolSettings } from "../origin-pools.ts";
import type { TargetOrigin } from "../target-origin.ts";
import { type Attempt, PooledRequest, WaitingRequests } from "../waiting-requests.ts";
import { type SessionOwner, TargetSession } from "./target-session.ts";
import type { StreamRequest } from "./target-stream.ts";

/** Connections to one target that take requests; each has room for many. */
const maxSessions = 16;

/** A connection carries many requests, so that more of them may wait for one. */
const waitingShare = 4;

/** Connections to one origin, and the requests that wait for room on one. */
class SessionPool implements OriginPool<StreamRequest>, SessionOwner, Timed {
  readonly connectTimeout: number;
  readonly #clock: CoarseClock;
  readonly #origin: TargetOrigin;
  /** Those that take requests. */
  readonly #sessions = new Set<TargetSession>();
  /** Those too that only finish what they have. */
  readonly #open = new Set<TargetSession>();
  readonly #waiting: WaitingRequests<StreamRequest>;

  constructor(origin: TargetOrigin, clock: CoarseClock, settings: TargetPoolSettings) {
    this.#origin = origin;
    this.#clock = clock;
    this.connectTimeout = settings.connectTimeout;
    this.#waiting = new WaitingRequests(waitingShare * settings.maxConnectionsPerTarget);
    clock.add(this);
  }

  get now(): number {
    return this.#clock.now;
  }

  get isBusy(): boolean {
    if (!this.#waiting.isEmpty) return true;
    for (const session of this.#open) if (!session.isIdle) return true;
    return false;
  }

  submit(request: StreamRequest, isFresh: boolean): Attempt | undefined {
    const pooled = new PooledRequest(request, this.now);
    return this.#place(pooled, isFresh) || this.#waiting.add(pooled) ? pooled : undefined;
  }

  #place(pooled: PooledRequest<StreamRequest>, isFresh: boolean): boolean {
    const { request } = pooled;
    const session = isFresh ? this.#openSession(request) : this.#withRoom(request);
    if (session === undefined) return false;
    const stream = session.open(request);
    pooled.connection = stream;
    stream.start();
    return true;
  }

  /** @returns a connection for one more request; undefined also while one is being opened that may have room for many */
  #withRoom(request: StreamRequest): TargetSession | undefined {
    let isSettling = false;
    for (const session of this.#sessions) {
      if (session.hasRoom) return session;
      isSettling ||= session.isSettling;
    }
    return isSettling ? undefined : this.#openSession(request);
  }

  #openSession(request: StreamRequest): TargetSession | undefined {
    if (this.#sessions.size >= maxSessions) return undefined;
    const session = new TargetSession(this.#origin, request.connections, this);
    this.#sessions.add(session);
    this.#open.add(session);
    return session;
  }

  onRoom(): void {
    for (let next = this.#waiting.take(); next !== undefined; next = this.#waiting.take()) {
      if (this.#place(next, false)) continue;
      this.#waiting.putBack(next);
      return;
    }
  }

  onRetired(session: TargetSession): void {
    this.#sessions.delete(session);
    this.onRoom();
  }

  onGone(session: TargetSession): void {
    this.#open.delete(session);
  }

  checkDeadlines(now: number): void {
    for (const session of this.#open) session.checkDeadlines(now);
    this.#waiting.dropLate(now);
  }

  destroy(): void {
    this.#clock.delete(this);
    this.#waiting.clear();
    for (const session of this.#open) session.destroy();
  }
}

/** @returns kept connections to targets that speak HTTP/2, one pool for each origin */
export function openSessionPools(settings: TargetPoolSettings): OriginPools<StreamRequest> {
  return new OriginPools(settings.maxTargets, (origin, clock) => new SessionPool(origin, clock, settings));
}
