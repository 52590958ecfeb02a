import { afterLastCall, untilLastCall } from "../http/lifetime.ts";

/** Milliseconds that a client's connection has for what it does. */
export interface ClientTimes {
  readonly headersTimeout: number;
  readonly keepAliveTimeout: number;
  readonly maxConnectionDuration: number;
}

/**
 * What a connection is doing. `answering`: a request is in flight. `draining`: the same, and the client is slow to take the response.
 * `in-head`: a part of a head has come. `resting`: it waits for one. `dropping`: what comes is read and thrown away, or not read.
 */
export type ClientPhase = "answering" | "draining" | "in-head" | "resting" | "dropping";

/**
 * What has to happen to a connection. `expire`: it has lived for as long as it may. `cut`: it is of no use any more. `refuse-head`:
 * the head has not come in time, and a client is there to be told.
 */
export type DueStep = "expire" | "cut" | "refuse-head" | undefined;

/** A client that neither reads nor sends is cut off a little later than a target that does not answer: the target's 504 comes first. */
export const idleGrace = 5_000;

const never = Number.POSITIVE_INFINITY;

/** The deadlines of a client's connection. All times are milliseconds of the monotonic clock. */
export class ClientDeadlines {
  /** When something last moved. */
  activeAt: number;
  /** The connection's next response is its last. */
  isOld = false;
  readonly #times: ClientTimes;
  readonly #startedAt: number;
  readonly #lastCallAt: number;
  #expiresAt = never;
  /** Since when a head is waited for: from the start, and from the first byte of each later one. */
  #headSince: number;
  #idleTimeout: number;
  #lingersUntil = never;

  constructor(now: number, times: ClientTimes) {
    this.#times = times;
    this.#startedAt = now;
    this.activeAt = now;
    this.#headSince = now;
    this.#idleTimeout = times.keepAliveTimeout;
    this.#lastCallAt = now + untilLastCall(times.maxConnectionDuration);
  }

  /** Milliseconds in which nothing may move while a request is in flight. */
  get idleTimeout(): number {
    return this.#idleTimeout;
  }

  /** @param milliseconds that the service waits for its target */
  waitFor(milliseconds: number): void {
    this.#idleTimeout = milliseconds + idleGrace;
  }

  /** What a tunnel has in the connection's place: the same lifetime, and silence without the grace. */
  tunnelTimes(now: number): { readonly idleTimeout: number; readonly maxDuration: number } {
    return {
      idleTimeout: this.#idleTimeout - idleGrace,
      maxDuration: this.#times.maxConnectionDuration - (now - this.#startedAt),
    };
  }

  /** A part of a head has come. */
  headBegins(now: number): void {
    if (this.#headSince === never) this.#headSince = now;
  }

  headEnds(): void {
    this.#headSince = never;
  }

  get isLingering(): boolean {
    return this.#lingersUntil !== never;
  }

  /** The connection is cut at a time, whatever still comes. */
  lingerUntil(time: number): void {
    this.#lingersUntil = time;
  }

  stopLingering(): void {
    this.#lingersUntil = never;
  }

  /** The next response is the last. */
  callLast(now: number): void {
    if (this.isOld) return;
    this.isOld = true;
    this.#expiresAt = now + afterLastCall(this.#times.maxConnectionDuration);
  }

  /** @returns what has to happen now; the last call comes by itself */
  due(now: number, phase: ClientPhase): DueStep {
    if (now >= this.#lastCallAt) this.callLast(now);
    if (now >= this.#expiresAt) return "expire";
    if (now >= this.#lingersUntil) return "cut";
    if (phase === "answering") return now - this.activeAt > this.#idleTimeout ? "cut" : undefined;
    return phase === "in-head" || phase === "resting" ? this.#dueAtRest(now, phase) : undefined;
  }

  #dueAtRest(now: number, phase: "in-head" | "resting"): DueStep {
    if (now - this.#headSince > this.#times.headersTimeout) return phase === "in-head" ? "refuse-head" : "cut";
    return now - this.activeAt > this.#times.keepAliveTimeout ? "cut" : undefined;
  }
}
