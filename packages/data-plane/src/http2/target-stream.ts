import { type ClientHttp2Session, type ClientHttp2Stream, constants } from "node:http2";
import type { BodySink } from "../exchange.ts";
import type { ConnectionCounts } from "../traffic.ts";
import { fieldsObject } from "./header-fields.ts";
import { resetStream } from "./reset-stream.ts";
import { requestTrailers } from "./trailers.ts";

/**
 * Why a target has not answered. `refused`: it says, or the connection shows, that it has not looked at the request. `stale`: a
 * kept connection was closed before it answered anything.
 */
export type StreamFailure = "unreachable" | "refused" | "stale" | "closed" | "protocol" | "timeout";

/** One request, as its stream sees it. Each ends with either `onEnd` or `onFailure`. */
export interface StreamRequest {
  /** Pseudo-headers and headers, names and values in turn. */
  readonly fields: string[];
  readonly hasBody: boolean;
  /** Whether the body may end in trailers. */
  readonly hasTrailers: boolean;
  /** Milliseconds that the target may be silent. */
  readonly timeout: number;
  /** Where a connection is counted that is opened for it. */
  readonly connections: ConnectionCounts;
  openBody(sink: BodySink): void;
  resumeBody(): void;
  onSent(): void;
  onInterim(status: number, rawHeaders: readonly string[]): void;
  /** @param isWhole whether the response has neither body nor trailers */
  onResponse(status: number, rawHeaders: readonly string[], isWhole: boolean): void;
  /** @returns false when no more is wanted until `resume` */
  onPiece(piece: Buffer): boolean;
  /** @param trailers names and values in turn */
  onEnd(trailers: readonly string[] | undefined): void;
  onFailure(failure: StreamFailure, error: Error | undefined): void;
}

/** What a stream needs of its connection. */
export interface StreamOwner {
  /** Milliseconds of the monotonic clock, as exact as deadlines need. */
  readonly now: number;
  /** What to call it when the connection ends under a stream; undefined while it is there. */
  readonly lossOf: "unreachable" | "stale" | "closed" | undefined;
  readonly error: Error | undefined;
  /** From this stream's id on, the target has looked at nothing. RFC 9113 §6.8. */
  readonly lastProcessed: number;
  onHeard(): void;
  onOver(stream: TargetStream): void;
}

const { NGHTTP2_CANCEL, NGHTTP2_REFUSED_STREAM, NGHTTP2_PROTOCOL_ERROR, NGHTTP2_FLAG_END_STREAM } = constants;

/** Interim responses to one request; more than any target has reason to send. */
const maxInterim = 16;

/** A request on a stream of a connection to a target. */
export class TargetStream implements BodySink {
  /** When the target was last heard of, or had something to wait for. */
  activeAt: number;
  readonly startedAt: number;
  readonly #owner: StreamOwner;
  readonly #stream: ClientHttp2Stream;
  #request: StreamRequest | undefined;
  #isSent: boolean;
  #hasResponse = false;
  #hasEnded = false;
  #interim = 0;
  #requestTrailers: Record<string, string[]> = {};
  #trailers: readonly string[] | undefined = undefined;
  #error: Error | undefined = undefined;

  constructor(session: ClientHttp2Session, request: StreamRequest, owner: StreamOwner) {
    this.#owner = owner;
    this.#request = request;
    this.#isSent = !request.hasBody;
    this.startedAt = owner.now;
    this.activeAt = owner.now;
    const stream = session.request(request.fields, {
      endStream: !request.hasBody,
      waitForTrailers: request.hasTrailers,
    });
    this.#stream = stream;
    this.#noteEnd(stream);
    stream.on("headers", (_fields, _flags, raw: string[]) => this.#onInterim(raw));
    stream.on("response", (_fields, flags, raw: string[]) => this.#onResponse(flags, raw));
    stream.on("trailers", (_fields, _flags, raw: string[]) => {
      this.#trailers = raw;
    });
    stream.on("error", (error: Error) => {
      this.#error = error;
    });
    stream.on("close", () => this.#onClose());
    if (!request.hasBody) request.onSent();
  }

  /** Asks for the body; apart from the constructor, so that whoever has made the stream knows it by then. */
  start(): void {
    const request = this.#request;
    if (request?.hasBody !== true) return;
    this.#stream.on("drain", () => this.#onDrain());
    if (request.hasTrailers) this.#stream.on("wantTrailers", () => this.#stream.sendTrailers(this.#requestTrailers));
    request.openBody(this);
  }

  /**
   * `end` comes for a response that its target has reset without an error as it does for a whole one (nodejs/node#35209): only what
   * ends before the stream is closed is whole.
   */
  #noteEnd(stream: ClientHttp2Stream): void {
    const { push } = stream;
    stream.push = (chunk: unknown, encoding?: BufferEncoding): boolean => {
      if (chunk === null && !stream.closed) this.#hasEnded = true;
      return push.call(stream, chunk, encoding);
    };
  }

  takeBody(chunk: Buffer): boolean {
    if (this.#isSent || this.#stream.closed) return true;
    this.activeAt = this.#owner.now;
    return this.#stream.write(chunk);
  }

  endBody(trailers?: readonly string[]): void {
    if (this.#isSent || this.#stream.closed) return;
    this.#isSent = true;
    this.activeAt = this.#owner.now;
    if (trailers !== undefined) this.#requestTrailers = fieldsObject(requestTrailers(trailers));
    this.#stream.end();
    this.#request?.onSent();
  }

  #onDrain(): void {
    this.#onHeard();
    this.#request?.resumeBody();
  }

  #onHeard(): void {
    this.activeAt = this.#owner.now;
    this.#owner.onHeard();
  }

  #onInterim(raw: readonly string[]): void {
    this.#onHeard();
    this.#interim += 1;
    const status = Number(raw[1]);
    if (this.#interim > maxInterim || status === 101) this.fail("protocol");
    else if (status !== 100) this.#request?.onInterim(status, raw.slice(2));
  }

  #onResponse(flags: number, raw: readonly string[]): void {
    this.#onHeard();
    const request = this.#request;
    // Two responses to one request are none.
    if (request === undefined || this.#hasResponse) return;
    this.#hasResponse = true;
    const isWhole = (flags & NGHTTP2_FLAG_END_STREAM) !== 0;
    request.onResponse(Number(raw[1]), raw.slice(2), isWhole);
    if (this.#request === undefined) return;
    this.#stream.on("data", (chunk: Buffer) => this.#onData(chunk));
    this.#stream.on("end", () => this.#onEnd());
  }

  #onData(chunk: Buffer): void {
    this.#onHeard();
    if (this.#request?.onPiece(chunk) === false) this.#stream.pause();
  }

  /** The response's reader can take more. */
  resume(): void {
    this.activeAt = this.#owner.now;
    this.#stream.resume();
  }

  #onEnd(): void {
    if (!this.#hasEnded) return;
    const request = this.#take();
    // Whoever has answered in full wants no more of the request.
    if (!this.#isSent) this.#reset();
    request?.onEnd(this.#trailers);
  }

  #onClose(): void {
    if (this.#request !== undefined) this.fail(this.#kindOfClose());
    this.#take();
  }

  #kindOfClose(): StreamFailure {
    const { rstCode, id = 0 } = this.#stream;
    const loss = this.#owner.lossOf;
    if (this.#hasResponse) return rstCode === NGHTTP2_PROTOCOL_ERROR ? "protocol" : "closed";
    if (loss === "unreachable") return loss;
    if (rstCode === NGHTTP2_REFUSED_STREAM || id > this.#owner.lastProcessed || id === 0) return "refused";
    if (loss !== undefined) return loss;
    return rstCode === NGHTTP2_PROTOCOL_ERROR ? "protocol" : "closed";
  }

  /** Ends it from here. */
  fail(failure: StreamFailure): void {
    const request = this.#take();
    this.#reset();
    request?.onFailure(failure, this.#error ?? this.#owner.error);
  }

  /** Nobody waits for the response any more. */
  abort(): void {
    this.#take();
    this.#reset();
  }

  #reset(): void {
    if (!this.#stream.closed && !this.#stream.destroyed) resetStream(this.#stream, NGHTTP2_CANCEL);
    this.#stream.resume();
  }

  #take(): StreamRequest | undefined {
    const request = this.#request;
    if (request === undefined) return undefined;
    this.#request = undefined;
    this.#owner.onOver(this);
    return request;
  }

  /** @returns whether the target has kept silent for too long, in its turn */
  isLate(now: number): boolean {
    const { timeout = never } = this.#request ?? {};
    return now - this.activeAt > timeout && this.#isTargetsTurn();
  }

  #isTargetsTurn(): boolean {
    if (this.#stream.isPaused()) return false;
    return this.#isSent || this.#stream.writableNeedDrain;
  }
}

const never = Number.POSITIVE_INFINITY;
