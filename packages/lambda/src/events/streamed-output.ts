import { PassThrough, type Readable } from "node:stream";
import type { EventOutput } from "./event-exchange.ts";
import { urlHeaders } from "./response-headers.ts";

/** A response whose body is still on its way: what a streaming function URL gets first, and the stream of the rest. */
export interface StreamedResponse {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly cookies: readonly string[];
  readonly body: Readable;
}

/** Hands a response on as it comes in. */
export class StreamedOutput implements EventOutput {
  onDrain: (() => void) | undefined = undefined;
  onGone: (() => void) | undefined = undefined;
  readonly #begun = Promise.withResolvers<StreamedResponse>();
  readonly #body = new PassThrough();
  #isCut = false;

  constructor() {
    this.#body.on("drain", () => this.onDrain?.());
    this.#body.once("close", () => {
      if (!this.#isCut && !this.#body.readableEnded) this.onGone?.();
    });
  }

  /** Resolves with the first of the response, before its body. */
  get begun(): Promise<StreamedResponse> {
    return this.#begun.promise;
  }

  begin(status: number, rawHeaders: readonly string[]): void {
    this.#begun.resolve({ statusCode: status, ...urlHeaders(rawHeaders), body: this.#body });
  }

  write(chunk: Uint8Array): boolean {
    return this.#body.destroyed ? true : this.#body.write(chunk);
  }

  end(): void {
    this.#body.end();
  }

  cut(): void {
    this.#isCut = true;
    this.#body.destroy(new Error("the target broke off its response"));
  }
}
