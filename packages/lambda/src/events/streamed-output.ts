import type { Writable } from "node:stream";
import type { EventOutput } from "./event-exchange.ts";
import { urlHeaders } from "./response-headers.ts";

/** A response whose body is still on its way: what a streaming function URL gets first, and where the rest comes from. */
export interface StreamedResponse {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly cookies: readonly string[];
  readonly body: StreamedBody;
}

export interface StreamedBody {
  /**
   * Sends what there is and what comes, once. When the body breaks off, the stream is left as it is.
   * @throws (rejects) when the body broke off, or the stream was closed before its end
   */
  sendTo(stream: Writable): Promise<void>;
}

/** Hands a response on as it comes in. Until somebody takes it, there is room for one piece of it. */
export class StreamedOutput implements EventOutput, StreamedBody {
  onDrain: (() => void) | undefined = undefined;
  onGone: (() => void) | undefined = undefined;
  readonly #begun = Promise.withResolvers<StreamedResponse>();
  readonly #sent = Promise.withResolvers<void>();
  readonly #early: Uint8Array[] = [];
  #stream: Writable | undefined;
  #isEnded = false;
  /** Nothing more goes to the stream: all is sent, the body broke off, or the stream was closed. */
  #isOver = false;

  constructor() {
    // A body may break off before anybody waits for its end.
    this.#sent.promise.catch(() => undefined);
  }

  /** Resolves with the first of the response, before its body. */
  get begun(): Promise<StreamedResponse> {
    return this.#begun.promise;
  }

  begin(status: number, rawHeaders: readonly string[]): void {
    this.#begun.resolve({ statusCode: status, ...urlHeaders(rawHeaders), body: this });
  }

  write(chunk: Uint8Array): boolean {
    if (this.#isOver) return true;
    if (this.#stream !== undefined) return this.#stream.write(chunk);
    this.#early.push(chunk);
    return false;
  }

  end(): void {
    this.#isEnded = true;
    if (!this.#isOver) this.#stream?.end();
  }

  cut(): void {
    this.#finish(new Error("the target broke off its response"));
  }

  async sendTo(stream: Writable): Promise<void> {
    stream.on("drain", () => this.onDrain?.());
    stream.once("finish", () => this.#finish());
    const onGone = (): void => {
      if (this.#isOver) return;
      this.#finish(new Error("the response stream was closed"));
      this.onGone?.();
    };
    stream.once("error", onGone);
    stream.once("close", onGone);
    for (const chunk of this.#early.splice(0)) stream.write(chunk);
    if (!this.#isOver) {
      this.#stream = stream;
      if (this.#isEnded) stream.end();
      else this.onDrain?.();
    }
    await this.#sent.promise;
  }

  #finish(error?: Error): void {
    if (this.#isOver) return;
    this.#isOver = true;
    if (error === undefined) this.#sent.resolve();
    else this.#sent.reject(error);
  }
}
