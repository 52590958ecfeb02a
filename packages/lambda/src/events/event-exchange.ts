import type { Readable } from "node:stream";
import { headerValue } from "@pergola/core";
import { type Exchange, type ExchangeWatcher, lineLength } from "@pergola/data-plane";
import type { EventRequest } from "./event-request.ts";

// Not imported: docs/lambda.md, "Bundles".
const { Readable: Stream } = process.getBuiltinModule("node:stream");

/** Where the response of an event goes. */
export interface EventOutput {
  /** @param announced bytes of body that are to come, as far as the headers say; else 0 */
  begin(status: number, rawHeaders: readonly string[], announced: number): void;
  /** @returns false when `onDrain` is to be waited for */
  write(chunk: Uint8Array): boolean;
  end(): void;
  /** The response cannot be completed: whoever gets it must not take it for complete. */
  cut(): void;
  onDrain: (() => void) | undefined;
  /** Nobody wants the rest: the receiver is gone, or has had more than it takes. */
  onGone: (() => void) | undefined;
}

/** An exchange over an event: the request is whole when it begins. */
export class EventExchange implements Exchange {
  readonly head: Exchange["head"];
  readonly connection: Exchange["connection"];
  readonly verifiedPrincipal: Exchange["verifiedPrincipal"];
  readonly contentLength: number;
  bodyBytesReceived = 0;
  bytesSent = 0;
  responded = false;
  isClientGone = false;
  watcher: ExchangeWatcher | undefined = undefined;
  readonly #body: Buffer;
  readonly #output: EventOutput;
  readonly #ended = Promise.withResolvers<void>();

  constructor({ head, body, connection, principal }: EventRequest, output: EventOutput) {
    this.head = head;
    this.connection = connection;
    this.verifiedPrincipal = principal;
    this.contentLength = body.length;
    this.#body = body;
    this.#output = output;
    output.onDrain = () => this.watcher?.onDrain?.();
    output.onGone = () => {
      this.isClientGone = true;
      this.watcher?.onClientGone();
      this.#ended.resolve();
    };
  }

  /** Resolves when nothing more will be written. */
  get ended(): Promise<void> {
    return this.#ended.promise;
  }

  openBody(): Readable {
    this.bodyBytesReceived = this.#body.length;
    return Stream.from([this.#body]);
  }

  respond(status: number, rawHeaders: string[]): void {
    if (this.responded) return;
    this.responded = true;
    this.bytesSent += lineLength(rawHeaders);
    // Of a response without a body, Content-Length says what the body would have.
    const hasBody = this.head.method !== "HEAD" && status !== 304;
    this.#output.begin(status, rawHeaders, hasBody ? Number(headerValue(rawHeaders, "content-length") ?? 0) : 0);
  }

  write(chunk: Uint8Array): boolean {
    if (this.head.method === "HEAD") return true;
    this.bytesSent += chunk.length;
    return this.#output.write(chunk);
  }

  end(chunk?: Uint8Array): void {
    if (chunk !== undefined) this.write(chunk);
    this.#output.end();
    this.#ended.resolve();
  }

  cut(): void {
    this.#output.cut();
    this.#ended.resolve();
  }

  setIdleTimeout(): void {
    // There is no connection to close: the target's silence is timed by the forward, the invocation by Lambda.
  }
}
