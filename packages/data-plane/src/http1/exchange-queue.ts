import type { Pipeline } from "../pipeline.ts";
import type { Http1Exchange } from "./http1-exchange.ts";

/** The requests of a connection, from their heads on until their responses are with the system or never will be. */
export class ExchangeQueue {
  readonly #pipeline: Pipeline;
  /** Those whose response has not ended, oldest first. */
  readonly #open: Http1Exchange[] = [];
  /**
   * Those whose response is on its way to the system; seldom more than one. No `Set`: that makes a new table whenever it empties, each
   * dead table keeps the next one, and one that has got into the old generation takes all later ones with it.
   */
  readonly #leaving: Http1Exchange[] = [];

  constructor(pipeline: Pipeline) {
    this.#pipeline = pipeline;
  }

  /** How many responses have not ended. */
  get length(): number {
    return this.#open.length;
  }

  /** The one whose response has its turn. */
  get first(): Http1Exchange | undefined {
    return this.#open[0];
  }

  /** Whether all responses are with the system. */
  get isEmpty(): boolean {
    return this.#open.length === 0 && this.#leaving.length === 0;
  }

  /** Hands a request to the pipeline. */
  start(exchange: Http1Exchange): void {
    this.#open.push(exchange);
    const call = this.#pipeline.handle(exchange);
    exchange.call = call;
    if (exchange.isFinished) this.#pipeline.finish(call);
  }

  /** The first one's response has ended; finishes it once that is sent. */
  leave(exchange: Http1Exchange): void {
    this.#open.shift();
    this.#leaving.push(exchange);
    exchange.output.whenSent((error) => {
      if (error instanceof Error) exchange.isClientGone = true;
      const at = this.#leaving.indexOf(exchange);
      if (at !== -1) this.#leaving.splice(at, 1);
      this.finish(exchange);
    });
  }

  /** The first one gets no response of its own; `finish` it when it is over. */
  dropFirst(): void {
    this.#open.shift();
  }

  /** Tells the pipeline, once, that a request is over. */
  finish(exchange: Http1Exchange): void {
    if (exchange.isFinished) return;
    exchange.isFinished = true;
    if (exchange.call !== undefined) this.#pipeline.finish(exchange.call);
  }

  /** The connection is about to be closed for its age. */
  failTooOld(): void {
    for (const { call } of this.#open) call?.fail("connectionTooOld");
  }

  /** The client is gone: finishes them all. */
  abandonAll(): void {
    for (const exchange of [...this.#open, ...this.#leaving]) {
      exchange.hasEnded = true;
      exchange.clientIsGone();
      this.finish(exchange);
    }
  }
}
