import { constants, type ServerHttp2Stream } from "node:http2";
import type { Readable } from "node:stream";
import { headerValue, type RequestHead } from "@pergola/core";
import type { Call } from "../call.ts";
import type { BodySink, ClientConnection, Exchange } from "../exchange.ts";
import { lineLength } from "../head-size.ts";
import type { ReadHead } from "../http/read-head.ts";
import { BodyStream } from "../http1/body-stream.ts";
import { announcedLength, fieldsObject, headerFields } from "./header-fields.ts";
import { resetStream } from "./reset-stream.ts";

/** What an exchange needs of its connection. */
export interface StreamHost {
  readonly client: ClientConnection;
  /** Milliseconds of the monotonic clock, as exact as deadlines need. */
  readonly now: number;
  readonly idleTimeout: number;
}

/** Up to this size a piece of body is copied, so that its memory can be used again at once: cheaper than new memory for the next. */
const smallPiece = 8 * 1024;
/** Beyond it there is no status. RFC 9110 §15. */
const maxStatus = 599;
/** A client that neither reads nor sends is cut off a little later than a target that does not answer: the target's 504 comes first. */
const idleGrace = 5_000;

const { NGHTTP2_NO_ERROR, NGHTTP2_INTERNAL_ERROR, NGHTTP2_CANCEL, NGHTTP2_PROTOCOL_ERROR } = constants;

/** An exchange over one stream of an HTTP/2 connection. */
export class Http2Exchange implements Exchange {
  readonly head: RequestHead;
  readonly connection: ClientConnection;
  readonly contentLength: number;
  readonly awaitsContinue: boolean;
  bodyBytesReceived = 0;
  bytesSent = 0;
  responded = false;
  isClientGone = false;
  onDrain: (() => void) | undefined = undefined;
  onClientGone: (() => void) | undefined = undefined;
  /** Set by the connection once the pipeline has given it. */
  call: Call | undefined = undefined;
  readonly #stream: ServerHttp2Stream;
  readonly #host: StreamHost;
  #sink: BodySink | undefined = undefined;
  #isBodyComplete: boolean;
  #requestTrailers: readonly string[] | undefined = undefined;
  #hasEnded = false;
  /** The response's head, until it leaves with what comes first. */
  #fields: string[] | undefined = undefined;
  /** Bytes of body that are still to come; -1 where nobody has counted them. */
  #left = -1;
  #isBodyless = false;
  /** Trailers may follow the body: Node asks for them at its end, and ends the stream with them. */
  #awaitsTrailers = false;
  #trailers: Record<string, string[]> = {};
  #holds = false;
  #isCut = false;
  #listensForDrain = false;
  #activeAt: number;
  #idleTimeout: number;

  constructor(stream: ServerHttp2Stream, { head, contentLength, expects }: ReadHead, host: StreamHost) {
    this.head = head;
    this.connection = host.client;
    this.contentLength = contentLength;
    this.#stream = stream;
    this.#host = host;
    this.#isBodyComplete = contentLength === 0;
    this.awaitsContinue = expects !== undefined && contentLength !== 0;
    this.#activeAt = host.now;
    this.#idleTimeout = host.idleTimeout;
    stream.on("aborted", () => this.#onAborted());
  }

  get announcesTrailers(): boolean {
    return headerValue(this.head.rawHeaders, "trailer") !== undefined;
  }

  openBody(): Readable {
    const stream = new BodyStream(this);
    this.relayBody(stream);
    return stream;
  }

  relayBody(sink: BodySink): void {
    this.#sink = sink;
    const stream = this.#stream;
    if (stream.destroyed || stream.closed) {
      this.#onAborted();
      return;
    }
    if (this.awaitsContinue && !this.responded) stream.additionalHeaders({ ":status": 100 });
    stream.on("data", (chunk: Buffer) => this.#onData(chunk));
    stream.on("end", () => this.#onEnd());
    if (this.announcesTrailers) {
      stream.on("trailers", (_fields, _flags, rawTrailers: string[]) => {
        this.#requestTrailers = rawTrailers;
      });
    }
  }

  resumeBody(): void {
    this.#activeAt = this.#host.now;
    this.#stream.resume();
  }

  #onData(chunk: Buffer): void {
    this.#activeAt = this.#host.now;
    this.bodyBytesReceived += chunk.length;
    if (this.#sink?.takeBody(chunk) === false) this.#stream.pause();
  }

  /** Also comes when the client has broken off: what has not ended well must not look to a target as if it had. */
  #onEnd(): void {
    if (this.#stream.closed || this.#stream.aborted) return;
    if (this.contentLength !== -1 && this.bodyBytesReceived !== this.contentLength) {
      this.#reset(NGHTTP2_PROTOCOL_ERROR);
      return;
    }
    this.#isBodyComplete = true;
    this.#sink?.endBody(this.#requestTrailers);
  }

  /** Whether memory that was written may still be read. */
  get holdsWritten(): boolean {
    if (this.#stream.writableLength === 0) this.#holds = false;
    return this.#holds;
  }

  inform(status: number, rawHeaders: readonly string[]): void {
    if (this.responded || this.#isOver) return;
    const fields = headerFields(rawHeaders);
    if (fields === undefined) return;
    this.bytesSent += lineLength(rawHeaders);
    this.#stream.additionalHeaders({ ...fieldsObject(fields), ":status": status });
  }

  respond(status: number, rawHeaders: string[], hasTrailers = false): void {
    if (this.responded || this.#hasEnded || this.#stream.closed) return;
    this.responded = true;
    const fields = headerFields(rawHeaders);
    if (fields === undefined || status > maxStatus) {
      this.cut();
      return;
    }
    this.bytesSent += lineLength(rawHeaders);
    this.#isBodyless = this.head.method === "HEAD" || status === 204 || status === 304;
    this.#left = this.#isBodyless ? 0 : announcedLength(fields);
    this.#awaitsTrailers = hasTrailers && !this.#isBodyless;
    fields.unshift(":status", String(status));
    this.#fields = fields;
  }

  write(chunk: Uint8Array): boolean {
    if (this.#isOver) return true;
    // Without a body the head ends the stream, and leaves with `end`.
    if (this.#isBodyless || !this.#count(chunk)) return true;
    this.#sendHead(false);
    if (chunk.length === 0) return true;
    const canTakeMore = this.#stream.write(this.#lasting(chunk));
    if (!canTakeMore && !this.#listensForDrain) {
      this.#listensForDrain = true;
      this.#stream.on("drain", () => this.#onDrained());
    }
    return canTakeMore;
  }

  end(chunk?: Uint8Array): void {
    if (this.#isOver) return;
    const hasBody = chunk !== undefined && chunk.length > 0 && !this.#isBodyless;
    if (hasBody && !this.#count(chunk)) return;
    if (this.#left > 0) {
      // Fewer bytes than announced: the client must not take them for the whole.
      this.cut();
      return;
    }
    this.#hasEnded = true;
    if (hasBody) {
      this.#sendHead(false);
      this.#stream.end(this.#lasting(chunk));
    } else if (this.#fields === undefined) this.#stream.end();
    else this.#sendHead(true);
    if (!this.#isBodyComplete && !this.#awaitsTrailers) this.#stopUpload();
  }

  endWithTrailers(trailers: readonly string[]): void {
    const fields = headerFields(trailers);
    if (this.#isOver || !this.#awaitsTrailers || fields === undefined || this.#left > 0) {
      this.end();
      return;
    }
    this.bytesSent += lineLength(trailers);
    this.#trailers = fieldsObject(fields);
    this.#sendHead(false);
    this.#hasEnded = true;
    this.#stream.end();
  }

  #onWantTrailers(): void {
    this.#stream.sendTrailers(this.#trailers);
    // They leave with the next turn of the event loop; a reset must not overtake them.
    if (!this.#isBodyComplete) setImmediate(() => this.#stopUpload());
  }

  /** Nobody reads the rest of an upload whose answer has been sent. RFC 9113 §8.1. */
  #stopUpload(): void {
    this.#sink = undefined;
    this.#stream.close(NGHTTP2_NO_ERROR);
    // A stream that holds unread bytes would never be closed for good.
    this.#stream.resume();
  }

  get #isOver(): boolean {
    return this.#hasEnded || this.#stream.closed || this.#stream.destroyed;
  }

  /** @returns false when the piece is more than was announced, and the stream has been cut */
  #count(chunk: Uint8Array): boolean {
    this.#activeAt = this.#host.now;
    if (this.#left !== -1) {
      if (chunk.length > this.#left) {
        this.cut();
        return false;
      }
      this.#left -= chunk.length;
    }
    this.bytesSent += chunk.length;
    return true;
  }

  #lasting(chunk: Uint8Array): Uint8Array {
    if (chunk.length <= smallPiece) return Buffer.from(chunk);
    this.#holds = true;
    return chunk;
  }

  #sendHead(endStream: boolean): void {
    const fields = this.#fields;
    if (fields === undefined) return;
    this.#fields = undefined;
    if (endStream) this.#awaitsTrailers = false;
    if (this.#awaitsTrailers) this.#stream.on("wantTrailers", () => this.#onWantTrailers());
    this.#stream.respond(fields, { endStream, waitForTrailers: this.#awaitsTrailers });
  }

  #onDrained(): void {
    this.#activeAt = this.#host.now;
    this.onDrain?.();
  }

  cut(): void {
    this.#reset(NGHTTP2_INTERNAL_ERROR);
  }

  #reset(code: number): void {
    this.#isCut = true;
    resetStream(this.#stream, code);
  }

  setIdleTimeout(milliseconds: number): void {
    this.#idleTimeout = milliseconds + idleGrace;
  }

  /** For the connection: resets a stream on which nothing has moved for too long. */
  checkIdle(now: number): void {
    if (now - this.#activeAt > this.#idleTimeout) this.#reset(NGHTTP2_CANCEL);
  }

  /** For the connection: the stream is closed for good. @returns whether it was the client that left it unfinished */
  closed(): boolean {
    if (!this.#hasEnded || this.#stream.rstCode !== NGHTTP2_NO_ERROR) this.#onAborted();
    return this.isClientGone && !this.#isCut;
  }

  #onAborted(): void {
    if (this.isClientGone) return;
    this.isClientGone = true;
    this.#sink?.breakBody?.();
    this.#sink = undefined;
    this.#stream.resume();
    this.onClientGone?.();
  }
}
