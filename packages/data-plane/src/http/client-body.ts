import type { IncomingMessage } from "node:http";
import { Readable } from "node:stream";

/**
 * A request body for one reader. Apart from the message itself, so that a reader that gives up does not close the client's
 * connection: it still has a response to get.
 */
export class ClientBody extends Readable {
  readonly #source: IncomingMessage;
  #isDetached = false;

  constructor(source: IncomingMessage) {
    super();
    this.#source = source;
    // A client may break off when the reader is done with it already; without a listener that would end the process.
    this.on("error", () => undefined);
    source.on("data", this.#onData);
    source.on("end", this.#onEnd);
    source.on("close", this.#onClose);
    source.pause();
  }

  readonly #onData = (chunk: Buffer): void => {
    if (!this.#isDetached && !this.push(chunk)) this.#source.pause();
  };
  readonly #onEnd = (): void => {
    if (!this.#isDetached) this.push(null);
  };
  readonly #onClose = (): void => {
    if (!this.#isDetached && !this.#source.complete) this.destroy(new Error("the client closed the connection"));
  };

  override _read(): void {
    this.#source.resume();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#isDetached = true;
    // What is left is dropped, so that the connection can get to its end.
    this.#source.resume();
    done(error);
  }
}
