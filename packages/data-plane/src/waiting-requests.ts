/** Between a request and the connection that it gets, or waits for. */
export interface Attempt {
  /** Nobody wants the response any more. */
  abort(): void;
  /** The reader of the response can take more. */
  resume(): void;
}

/** A request as far as waiting goes. */
interface Waiting {
  /** Milliseconds that it waits at most. */
  readonly timeout: number;
  onFailure(failure: "timeout", error: undefined): void;
}

/** A request that waits for a connection, or has one. */
export class PooledRequest<Request extends Waiting> implements Attempt {
  readonly request: Request;
  readonly since: number;
  connection: Attempt | undefined = undefined;
  isAborted = false;

  /** @param since milliseconds of the monotonic clock */
  constructor(request: Request, since: number) {
    this.request = request;
    this.since = since;
  }

  abort(): void {
    this.isAborted = true;
    this.connection?.abort();
  }

  resume(): void {
    this.connection?.resume();
  }
}

/** Requests to one target for which there is no connection at present. */
export class WaitingRequests<Request extends Waiting> {
  readonly #max: number;
  #waiting: PooledRequest<Request>[] = [];

  constructor(max: number) {
    this.#max = max;
  }

  get isEmpty(): boolean {
    return this.#waiting.length === 0;
  }

  /** @returns false when as many wait as may */
  add(pooled: PooledRequest<Request>): boolean {
    if (this.#waiting.length >= this.#max) return false;
    this.#waiting.push(pooled);
    return true;
  }

  /** @returns the one that has waited longest and that somebody still wants; it waits no longer */
  take(): PooledRequest<Request> | undefined {
    for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) {
      if (!next.isAborted) return next;
    }
    return undefined;
  }

  /** Puts one back that `take` has given. */
  putBack(pooled: PooledRequest<Request>): void {
    this.#waiting.unshift(pooled);
  }

  /** Who has waited for a connection as long as for an answer waits no longer. */
  dropLate(now: number): void {
    if (this.isEmpty) return;
    const late = this.#waiting.filter(({ since, request }) => now - since > request.timeout);
    if (late.length === 0) return;
    this.#waiting = this.#waiting.filter((one) => !late.includes(one));
    for (const { isAborted, request } of late) if (!isAborted) request.onFailure("timeout", undefined);
  }

  clear(): void {
    this.#waiting = [];
  }
}
