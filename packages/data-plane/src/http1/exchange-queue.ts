import type { Pipeline } from "../pipeline.ts";
import type { Http1Exchange } from "./http1-exchange.ts";
import { ShortQueue } from "./short-queue.ts";
import type { FlushWatcher } from "./turn-writer.ts";

/** The requests of a connection, from their heads on until their responses are with the system or never will be. */
export class ExchangeQueue implements FlushWatcher {
  readonly #pipeline: Pipeline;
  /** Those whose response has not ended, oldest first. */
  readonly #open = new ShortQueue<Http1Exchange>();
  /** Those whose response waits for the end of the turn, to be written. */
  readonly #unwritten = new ShortQueue<Http1Exchange>();
  /** Those whose response is written, and on its way to the system. */
  readonly #leaving = new ShortQueue<Http1Exchange>();

  constructor(pipeline: Pipeline) {
    this.#pipeline = pipeline;
  }

  /** How many responses have not ended. */
  get length(): number {
    return this.#open.length;
  }

  /** The one whose response has its turn. */
  get first(): Http1Exchange | undefined {
    return this.#open.first;
  }

  /** Whether all responses are with the system. */
  get isEmpty(): boolean {
    return this.#open.length + this.#unwritten.length + this.#leaving.length === 0;
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
    if (exchange.output.isWritten) this.#finishSent(exchange);
    else this.#unwritten.push(exchange);
  }

  onFlushed(): void {
    for (let next = this.#unwritten.shift(); next !== undefined; next = this.#unwritten.shift()) this.#finishSent(next);
  }

  /** Finishes one whose response is written, as soon as the system has it. */
  #finishSent(exchange: Http1Exchange): void {
    if (exchange.output.isSent) {
      this.finish(exchange);
      return;
    }
    this.#leaving.push(exchange);
    exchange.output.whenSent((error) => {
      if (error instanceof Error) exchange.isClientGone = true;
      this.#leaving.delete(exchange);
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
    for (const { call } of this.#open.all()) call?.fail("connectionTooOld");
  }

  /** The client is gone: finishes them all. */
  abandonAll(): void {
    for (const exchange of [...this.#open.all(), ...this.#unwritten.all(), ...this.#leaving.all()]) {
      exchange.hasEnded = true;
      exchange.clientIsGone();
      this.finish(exchange);
    }
  }
}
