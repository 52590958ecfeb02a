import type { EventOutput } from "./event-exchange.ts";

// Not imported: docs/lambda.md, "Bundles".
const { isUtf8 } = process.getBuiltinModule("node:buffer");

/** A response that is complete. */
export interface BufferedResponse {
  readonly status: number;
  readonly rawHeaders: readonly string[];
  readonly body: Buffer;
}

/** Collects a response; what is more than it takes ends it. */
export class BufferedOutput implements EventOutput {
  onDrain: (() => void) | undefined = undefined;
  onGone: (() => void) | undefined = undefined;
  #status = 0;
  #rawHeaders: readonly string[] = [];
  #chunks: Uint8Array[] = [];
  #size = 0;
  #isCut = false;
  readonly #maxBytes: number;

  /** @param maxBytes of body */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  begin(status: number, rawHeaders: readonly string[]): void {
    this.#status = status;
    this.#rawHeaders = rawHeaders;
  }

  write(chunk: Uint8Array): boolean {
    if (this.isTooLarge) return true;
    this.#size += chunk.length;
    this.#chunks.push(chunk);
    if (this.isTooLarge) {
      this.#chunks = [];
      this.onGone?.();
    }
    return true;
  }

  end(): void {
    // Complete as it is.
  }

  cut(): void {
    this.#isCut = true;
  }

  get isTooLarge(): boolean {
    return this.#size > this.#maxBytes;
  }

  /** @returns the response, or undefined when the target broke off: half of a response is none */
  response(): BufferedResponse | undefined {
    if (this.#isCut || this.#status === 0) return undefined;
    return { status: this.#status, rawHeaders: this.#rawHeaders, body: Buffer.concat(this.#chunks) };
  }
}

/** @returns the body as results carry it: text where that loses nothing, else base64 */
export function encodedBody(body: Buffer): { readonly body: string; readonly isBase64Encoded: boolean } {
  const isText = isUtf8(body);
  return { body: body.toString(isText ? "utf8" : "base64"), isBase64Encoded: !isText };
}
