/** Milliseconds of silence after which a target with open streams is asked whether it is there, and for its answer. */
const quietTime = 20_000;
const answerTime = 20_000;
/**
 * Pings in a row without an answer to any request in between, and milliseconds between further ones: gRPC's servers end a connection
 * with more (by default three within five minutes of each other). Source: gRPC, "Keepalive", server-side enforcement.
 */
const quickPings = 2;
const slowTime = 300_000;

/** Finds out that a target is gone without a word, or that the way to it is, while requests wait for it. */
export class SilenceWatch {
  /** Milliseconds of the monotonic clock. */
  heardAt: number;
  #pingedAt: number | undefined = undefined;
  #lastPingAt = Number.NEGATIVE_INFINITY;
  #pings = 0;

  constructor(now: number) {
    this.heardAt = now;
  }

  /** Something has come, whatever it is. */
  heard(now: number): void {
    this.heardAt = now;
    this.#pingedAt = undefined;
  }

  /** Something has come that answers a request. */
  answered(): void {
    this.#pings = 0;
  }

  /** To be asked while there are open streams. @returns what is to be done; a ping counts as sent */
  due(now: number): "ping" | "close" | undefined {
    if (this.#pingedAt !== undefined) return now - this.#pingedAt > answerTime ? "close" : undefined;
    if (now - this.heardAt <= quietTime) return undefined;
    if (this.#pings >= quickPings && now - this.#lastPingAt <= slowTime) return undefined;
    this.#pings += 1;
    this.#pingedAt = now;
    this.#lastPingAt = now;
    return "ping";
  }
}
