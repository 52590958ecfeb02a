import type { BodySink } from "../exchange.ts";

/** Bytes of a body that are kept for a second attempt; a small call of gRPC has less. */
const maxKept = 64 * 1024;

/** A request's body on its way to a target, and its beginning once more to another one when the first has not looked at it. */
export class ReplayedBody implements BodySink {
  /** Undefined when a second attempt is out of the question. */
  #kept: Buffer[] | undefined = [];
  #size = 0;
  #hasEnded = false;
  #trailers: readonly string[] | undefined = undefined;
  #sink: BodySink | undefined;

  get canReplay(): boolean {
    return this.#kept !== undefined;
  }

  /** The target has answered: nobody else will get this body. */
  settle(): void {
    this.#kept = undefined;
  }

  /** Sends what has come so far, and what is still to come, to a sink. */
  attach(sink: BodySink): void {
    this.#sink = sink;
    for (const chunk of this.#kept ?? []) sink.takeBody(chunk);
    if (this.#hasEnded) sink.endBody(this.#trailers);
  }

  takeBody(chunk: Buffer): boolean {
    this.#size += chunk.length;
    if (this.#size > maxKept) this.#kept = undefined;
    else this.#kept?.push(chunk);
    return this.#sink?.takeBody(chunk) ?? false;
  }

  endBody(trailers?: readonly string[]): void {
    this.#hasEnded = true;
    this.#trailers = trailers;
    this.#sink?.endBody(trailers);
  }
}
