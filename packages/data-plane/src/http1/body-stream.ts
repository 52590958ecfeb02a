import { Readable } from "node:stream";
import type { BodySink } from "../exchange.ts";

/** A request body as a stream, for readers that want one. A reader that gives up leaves the rest to be dropped. */
export class BodyStream extends Readable implements BodySink {
  readonly #source: { resumeBody(): void };
  #isDetached = false;

  constructor(source: { resumeBody(): void }) {
    super();
    this.#source = source;
    // A client may break off when the reader is done with it already; without a listener that would end the process.
    this.on("error", () => undefined);
  }

  takeBody(chunk: Buffer): boolean {
    return this.#isDetached || this.push(chunk);
  }

  endBody(): void {
    if (!this.#isDetached) this.push(null);
  }

  breakBody(): void {
    if (!this.#isDetached && !this.readableEnded) this.destroy(new Error("the client closed the connection"));
  }

  override _read(): void {
    this.#source.resumeBody();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#isDetached = true;
    this.#source.resumeBody();
    done(error);
  }
}
