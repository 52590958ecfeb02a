import type { BodySink } from "../exchange.ts";
import type { ConnectionCounts } from "../traffic.ts";
import { errorCode } from "./frames/frame-types.ts";
import type { HeaderDecoder } from "./hpack/header-decoder.ts";
import type { Link } from "./link/link.ts";
import { Stream } from "./link/stream.ts";
import { parseResponseHead } from "./response-head.ts";
import { requestTrailers, trailersOf } from "./trailers.ts";

/**
 * Why a target has not answered. `refused`: it says, or the connection shows, that it has not looked at the request. `stale`: a
 * kept connection was closed before it answered anything.
 */
export type StreamFailure = "unreachable" | "refused" | "stale" | "closed" | "protocol" | "timeout";

/** One request, as its stream sees it. Each ends with either `onEnd` or `onFailure`. */
export interface StreamRequest {
  /** Pseudo-headers and headers, names and values in turn, the method first. */
  readonly fields: string[];
  readonly hasBody: boolean;
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
  /**
   * @param piece valid during the call, and longer when `holdsPieces` says so
   * @returns false when no more is wanted until `resume`
   */
  onPiece(piece: Buffer): boolean;
  /** Whether memory that `onPiece` was given is still in use. */
  readonly holdsPieces: boolean;
  /** @param trailers names and values in turn */
  onEnd(trailers: readonly string[] | undefined): void;
  onFailure(failure: StreamFailure, error: Error | undefined): void;
}

/** What a stream needs of its connection. */
export interface StreamOwner {
  /** Milliseconds of the monotonic clock, as exact as deadlines need. */
  readonly now: number;
  /** Whether requests can be sent. */
  readonly isConnected: boolean;
  /** What to call it when the connection ends under a stream; undefined while it is there. */
  readonly lossOf: "unreachable" | "stale" | "closed" | undefined;
  readonly error: Error | undefined;
  onHeard(): void;
  /** Memory that has come from the connection is still in use. */
  onHeld(): void;
  onOver(stream: TargetStream): void;
}

/** Interim responses to one request; more than any target has reason to send. */
const maxInterim = 16;

/** A request on a stream of a connection to a target. */
export class TargetStream extends Stream implements BodySink {
  /** When the target was last heard of, or had something to wait for. */
  activeAt: number;
  readonly startedAt: number;
  readonly #owner: StreamOwner;
  readonly #isHead: boolean;
  #request: StreamRequest | undefined;
  #isBegun = false;
  #isSent = false;
  #hasResponse = false;
  #interim = 0;
  /** Bytes of the response's body that are still to come; -1 where nobody has counted them. */
  #left = -1;

  constructor(id: number, link: Link, request: StreamRequest, owner: StreamOwner) {
    super(id, link);
    this.#owner = owner;
    this.#request = request;
    this.#isHead = request.fields[1] === "HEAD";
    this.startedAt = owner.now;
    this.activeAt = owner.now;
  }

  /** Sends the request once there is a connection; apart from the constructor, so that whoever has made it knows it by then. */
  start(): void {
    const request = this.#request;
    if (this.#isBegun || request === undefined || !this.#owner.isConnected) return;
    this.#isBegun = true;
    this.activeAt = this.#owner.now;
    this.#isSent = !request.hasBody;
    this.sendHeaders(0, request.fields, !request.hasBody);
    if (request.hasBody) request.openBody(this);
    else request.onSent();
  }

  takeBody(chunk: Buffer): boolean {
    if (this.#isSent || this.isReset) return true;
    this.activeAt = this.#owner.now;
    return chunk.length === 0 || this.send(chunk, false);
  }

  endBody(trailers: readonly string[] = none): void {
    if (this.#isSent || this.isReset) return;
    this.#isSent = true;
    this.activeAt = this.#owner.now;
    const fields = requestTrailers(trailers);
    if (fields.length > 0) this.sendTrailers(fields);
    else this.send(nothing, true);
    this.#request?.onSent();
  }

  protected onDrained(): void {
    this.activeAt = this.#owner.now;
    this.#request?.resumeBody();
  }

  protected onQueueEnded(): void {
    this.activeAt = this.#owner.now;
  }

  #onHeard(): void {
    this.activeAt = this.#owner.now;
    this.#owner.onHeard();
  }

  takeHeaders(block: HeaderDecoder, endStream: boolean): void {
    this.#onHeard();
    if (block.isTooLarge) this.fail("protocol");
    else if (this.#hasResponse) this.#takeTrailers(block, endStream);
    else this.#takeHead(block, endStream);
  }

  #takeHead(block: HeaderDecoder, endStream: boolean): void {
    const head = parseResponseHead(block.fields, this.#isHead);
    if (head === undefined || (head.status < 200 && endStream)) this.fail("protocol");
    else if (head.status < 200) this.#takeInterim(head.status, head.rawHeaders);
    else {
      this.#hasResponse = true;
      this.#left = head.length;
      if (endStream && head.length > 0) {
        this.fail("protocol");
        return;
      }
      this.#request?.onResponse(head.status, head.rawHeaders, endStream);
      if (endStream) this.#finish(undefined);
    }
  }

  #takeInterim(status: number, rawHeaders: readonly string[]): void {
    this.#interim += 1;
    if (this.#interim > maxInterim || status === 101) this.fail("protocol");
    else if (status !== 100) this.#request?.onInterim(status, rawHeaders);
  }

  #takeTrailers(block: HeaderDecoder, endStream: boolean): void {
    const trailers = endStream ? trailersOf(block.fields) : undefined;
    if (trailers === undefined || this.#left > 0) this.fail("protocol");
    else this.#finish(trailers);
  }

  protected takeData(chunk: Buffer, endStream: boolean): boolean {
    this.#onHeard();
    const request = this.#request;
    if (request === undefined) return true;
    if (!this.#hasResponse || !this.#count(chunk.length, endStream)) {
      this.fail("protocol");
      return true;
    }
    const wantsMore = chunk.length === 0 || request.onPiece(chunk);
    if (request.holdsPieces) this.#owner.onHeld();
    if (endStream) this.#finish(undefined);
    return wantsMore;
  }

  /** @returns false when the body is longer or shorter than was announced */
  #count(bytes: number, isComplete: boolean): boolean {
    if (this.#left === -1) return true;
    if (bytes > this.#left) return false;
    this.#left -= bytes;
    return !isComplete || this.#left === 0;
  }

  /** The response's reader can take more. */
  resume(): void {
    this.activeAt = this.#owner.now;
    this.readMore();
  }

  #finish(trailers: readonly string[] | undefined): void {
    // Whoever has answered in full wants no more of the request.
    this.reset(errorCode.cancel);
    this.#take()?.onEnd(trailers);
  }

  protected onBroken(code: number): void {
    this.#take()?.onFailure(this.#kindOf(code), this.#owner.error);
  }

  #kindOf(code: number): StreamFailure {
    const loss = this.#owner.lossOf;
    const isBroken = code === errorCode.protocol;
    if (this.#hasResponse) return isBroken ? "protocol" : "closed";
    if (loss === "unreachable" || !this.#isBegun) return "unreachable";
    if (code === errorCode.refusedStream) return "refused";
    return loss ?? (isBroken ? "protocol" : "closed");
  }

  /** Ends it from here. */
  fail(failure: StreamFailure): void {
    this.reset(errorCode.cancel);
    this.#take()?.onFailure(failure, this.#owner.error);
  }

  /** Nobody waits for the response any more. */
  abort(): void {
    this.reset(errorCode.cancel);
    this.#take();
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
    const { timeout = Number.POSITIVE_INFINITY } = this.#request ?? {};
    return now - this.activeAt > timeout && this.#isTargetsTurn();
  }

  #isTargetsTurn(): boolean {
    return !this.hasUnread && (this.#isSent || this.holdsSent);
  }
}

const none: readonly string[] = [];
const nothing = Buffer.alloc(0);
