import type { Writable } from "node:stream";
import { headerValue } from "@pergola/core";
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

/**
 * Bytes of body that a function can stream: 200 MB, less room for status and headers. What Lambda does beyond it is not documented.
 * Source: Lambda developer guide, "Response streaming", read 2026-11.
 */
const maxStreamedBody = 200 * 1024 * 1024 - 128 * 1024;

/** Hands a response on as it comes in. Until somebody takes it, there is room for one piece of it. */
export class StreamedOutput implements EventOutput, StreamedBody {
  onDrain: (() => void) | undefined = undefined;
  onGone: (() => void) | undefined = undefined;
  readonly #begun = Promise.withResolvers<StreamedResponse>();
  readonly #sent = Promise.withResolvers<void>();
  readonly #early: Uint8Array[] = [];
  readonly #maxBytes: number;
  #size = 0;
  #stream: Writable | undefined;
  #isEnded = false;
  /** Nothing more goes to the stream: all is sent, the body broke off, or the stream was closed. */
  #isOver = false;
  #isRefused = false;

  /** @param maxBytes of body; what says that it is larger is refused, what turns out to be is ended unfinished */
  constructor(maxBytes = maxStreamedBody) {
    this.#maxBytes = maxBytes;
    // A body may break off before anybody waits for its end.
    this.#sent.promise.catch(() => undefined);
  }

  /** Resolves with the first of the response, before its body. */
  get begun(): Promise<StreamedResponse> {
    return this.#begun.promise;
  }

  begin(status: number, rawHeaders: readonly string[], announced: number): void {
    if (announced > this.#maxBytes) this.#refuse(headerValue(rawHeaders, "x-amzn-requestid") ?? "-");
    else this.#beginWith(status, rawHeaders);
  }

  #beginWith(status: number, rawHeaders: readonly string[]): void {
    this.#begun.resolve({ statusCode: status, ...urlHeaders(rawHeaders), body: this });
  }

  /** A 502 takes the place of the response, of which nothing has been sent yet. */
  #refuse(requestId: string): void {
    this.#isRefused = true;
    this.#early.push(Buffer.from(`Bad Gateway: ${this.#tooLargeText}\n`));
    this.#isEnded = true;
    this.#beginWith(502, ["content-type", "text/plain; charset=utf-8", "x-amzn-requestid", requestId]);
    // Later, since the target's client is in the middle of telling of the response.
    queueMicrotask(() => this.onGone?.());
  }

  get #tooLargeText(): string {
    return `the response is larger than the ${this.#maxBytes} bytes that a function can stream`;
  }

  write(chunk: Uint8Array): boolean {
    if (this.#isOver || this.#isRefused) return true;
    this.#size += chunk.length;
    if (this.#size > this.#maxBytes) {
      this.#finish(new Error(this.#tooLargeText));
      this.onGone?.();
      return true;
    }
    if (this.#stream !== undefined) return this.#stream.write(chunk);
    this.#early.push(chunk);
    return false;
  }

  /** How a response ended that is too large, if it was. */
  get tooLarge(): "refused" | "broken-off" | undefined {
    if (this.#isRefused) return "refused";
    return this.#size > this.#maxBytes ? "broken-off" : undefined;
  }

  end(): void {
    if (this.#isRefused) return;
    this.#isEnded = true;
    if (!this.#isOver) this.#stream?.end();
  }

  cut(): void {
    if (this.#isRefused) return;
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
