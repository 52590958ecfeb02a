import type { OnReadOpts, Socket } from "node:net";
import { monotonicNow } from "@pergola/core";
import type { TargetOrigin } from "../target-origin.ts";
import { listen, type SocketListeners, stopListening } from "../tcp/socket-listeners.ts";
import type { ConnectionCounts } from "../traffic.ts";
import { type BodyReader, responseBody } from "./body-reader.ts";
import { bodyBroken, type PieceTaker } from "./chunk-decoder.ts";
import type { CoarseClock, Timed } from "./coarse-clock.ts";
import { leadingResponse } from "./grammar.ts";
import { HeadReader, headBroken, headIncomplete } from "./head-reader.ts";
import { openTargetSocket } from "./open-target-socket.ts";
import { ReadMemory } from "./read-memory.ts";
import { RequestWriter } from "./request-writer.ts";
import { parseResponseHead, type TargetResponse } from "./response-head.ts";
import type { TargetFailure, TargetRequest } from "./target-request.ts";
import { isOffered } from "./upgrade.ts";

/** What becomes of a connection is its pool's to know. */
export interface ConnectionOwner {
  readonly clock: CoarseClock;
  readonly connectTimeout: number;
  /** The connection can take another request. */
  onIdle(connection: TargetConnection): void;
  /** The connection is of no more use. Called once. */
  onGone(connection: TargetConnection): void;
}

/** Milliseconds that a target has to answer 100: many know of no such thing, and wait for the body. RFC 9110 §10.1.1. */
const continueTimeout = 1_000;
/** Interim responses to one request; more than any target has reason to send. */
const maxInterim = 16;

/** A connection to a target, for one request at a time. */
export class TargetConnection implements PieceTaker, Timed {
  readonly #owner: ConnectionOwner;
  readonly #socket: Socket;
  readonly #writer: RequestWriter;
  readonly #counts: ConnectionCounts;
  readonly #head = new HeadReader(leadingResponse);
  readonly #memory = new ReadMemory();
  #request: TargetRequest | undefined;
  #body: BodyReader | undefined;
  #isConnected = false;
  /** Has answered a request before: only then can a close have crossed with the next one. */
  #isKept = false;
  #isGone = false;
  #hasAnswered = false;
  #interim = 0;
  #keptFor = 0;
  #endsWithConnection = false;
  /** Milliseconds of the clock: when something last came, or could be taken. */
  #activeAt: number;
  #error: Error | undefined;

  readonly #listeners: SocketListeners = {
    drain: () => this.#writer.onDrain(),
    end: () => this.#onTargetEnd(),
    error: (error) => {
      this.#error = error;
    },
    close: () => this.#onClose(),
    // Only where `onread` does not take it.
    data: (chunk) => this.#onData(chunk.length, chunk),
  };

  constructor(origin: TargetOrigin, request: TargetRequest, owner: ConnectionOwner) {
    this.#owner = owner;
    this.#request = request;
    this.#activeAt = monotonicNow();
    const onread = request.upgrade === undefined ? this.#onread() : undefined;
    this.#socket = openTargetSocket(origin, onread, () => this.#onConnect());
    this.#counts = request.connections;
    this.#counts.opening(this.#socket);
    this.#writer = new RequestWriter(this.#socket, owner.clock);
    listen(this.#socket, this.#listeners);
    owner.clock.add(this);
  }

  /** Whether a request that is given now would go out. */
  get isUsable(): boolean {
    return !this.#isGone && !this.#socket.destroyed && this.#socket.writable;
  }

  #onread(): OnReadOpts {
    return {
      buffer: () => this.#memory.next(),
      callback: (length, buffer) => this.#onData(length, buffer as Buffer),
    };
  }

  /** Sends a request on a connection that `onIdle` has told of. */
  start(request: TargetRequest): void {
    this.#request = request;
    this.#begin(request);
  }

  /** Nobody waits for the response any more. */
  abort(): void {
    this.#endRequest();
    this.destroy();
  }

  /** The request's reader can take more of the response. */
  resume(): void {
    this.#activeAt = this.#owner.clock.now;
    this.#socket.resume();
  }

  /** Closes the connection; a request on it fails. */
  destroy(): void {
    this.#leave();
    this.#socket.destroy();
  }

  #onConnect(): void {
    this.#isConnected = true;
    this.#counts.opened(this.#socket, "http1");
    if (this.#request !== undefined) this.#begin(this.#request);
  }

  #begin(request: TargetRequest): void {
    this.#hasAnswered = false;
    this.#endsWithConnection = false;
    this.#interim = 0;
    this.#writer.start(request);
  }

  #onData(length: number, buffer: Buffer): boolean {
    this.#activeAt = this.#owner.clock.now;
    this.#memory.noteRead(length, buffer);
    let at = 0;
    while (at < length && !this.#isGone) {
      // Nobody has asked for these bytes: the next response could not be told from them.
      if (this.#request === undefined) this.destroy();
      else if (this.#body === undefined) at = this.#readHead(this.#request, buffer, at, length);
      else at = this.#readBody(this.#body, length === buffer.length ? buffer : buffer.subarray(0, length), at);
    }
    return true;
  }

  /** @returns where in `buffer` to go on; what was read ends at `to` */
  #readHead(request: TargetRequest, buffer: Buffer, at: number, to: number): number {
    this.#hasAnswered = true;
    const end = this.#head.read(buffer, at, to);
    if (end === headIncomplete) return to;
    const text = this.#head.take();
    const headLength = this.#head.length;
    const response = end === headBroken ? undefined : parseResponseHead(text, headLength, request.isHead);
    if (response === undefined) {
      this.#fail("protocol");
      return to;
    }
    if (response.status < 200) return this.#takeInterim(request, response, buffer.subarray(0, to), end);
    this.#writer.onAnswered();
    this.#keptFor = response.keptFor;
    this.#endsWithConnection = response.length === Number.POSITIVE_INFINITY;
    request.onResponse(response);
    if (response.length === 0) {
      this.#complete(end === to);
      return end;
    }
    if (text.length - headLength === response.length && request.takesText) {
      request.onText(text.slice(headLength));
      if (this.#request !== undefined) this.#complete(true);
      return to;
    }
    this.#body = responseBody(response.length);
    // The head must not wait for a body that takes its time.
    if (end === to) request.onPiece(nothing);
    return end;
  }

  /** @returns where in `chunk` to go on */
  #takeInterim(request: TargetRequest, response: TargetResponse, chunk: Buffer, end: number): number {
    if (response.status === 101) {
      this.#goOver(request, response, chunk.subarray(end));
      return chunk.length;
    }
    this.#interim += 1;
    if (this.#interim > maxInterim) this.#fail("protocol");
    else if (response.status === 100) this.#writer.continue();
    else request.onInterim(response);
    return end;
  }

  /** A target that goes over to what nobody has offered may not be listened to any further. */
  #goOver(request: TargetRequest, response: TargetResponse, first: Buffer): void {
    if (request.upgrade === undefined || !isOffered(request.upgrade, response.section.rawHeaders)) {
      this.#fail("protocol");
      return;
    }
    this.#endRequest();
    stopListening(this.#socket, this.#listeners);
    this.#leave();
    request.onUpgrade(response, this.#socket, first);
  }

  #readBody(body: BodyReader, chunk: Buffer, at: number): number {
    const end = body.read(chunk, at, this);
    if (end === bodyBroken) {
      this.#fail("protocol");
      return chunk.length;
    }
    if (body.isDone && this.#request !== undefined) this.#complete(end === chunk.length);
    return end;
  }

  takePiece(piece: Buffer): void {
    const request = this.#request;
    if (request === undefined) return;
    if (this.#memory.isLent && !request.holdsPieces) this.#memory.takeBack();
    if (!request.onPiece(piece)) this.#socket.pause();
    if (request.holdsPieces) this.#memory.isHeld = true;
  }

  /** @param isClean nothing came behind the response */
  #complete(isClean: boolean): void {
    const request = this.#endRequest() as TargetRequest;
    this.#body = undefined;
    this.#isKept = true;
    this.#memory.reset(request);
    if (isClean && this.#writer.isSent && this.#keptFor > 0 && this.isUsable) {
      if (this.#socket.isPaused()) this.#socket.resume();
      this.#owner.onIdle(this);
    } else this.destroy();
    request.onEnd();
  }

  /** @returns the request, which from now on gets and sends nothing more */
  #endRequest(): TargetRequest | undefined {
    const request = this.#request;
    this.#request = undefined;
    this.#writer.stop();
    return request;
  }

  #onClose(): void {
    this.#memory.release();
    this.#fail("closed");
  }

  #onTargetEnd(): void {
    if (this.#request === undefined) this.destroy();
    else if (this.#endsWithConnection) this.#complete(false);
    else this.#fail("closed");
  }

  #fail(kind: TargetFailure): void {
    const request = this.#endRequest();
    const failure = kind === "closed" ? this.#kindOfClose() : kind;
    if (failure === "unreachable" && !this.#isGone) this.#counts.failed(this.#socket, kind === failure);
    this.destroy();
    request?.onFailure(failure, this.#error);
  }

  #kindOfClose(): TargetFailure {
    if (!this.#isConnected) return "unreachable";
    return this.#isKept && !this.#hasAnswered ? "stale" : "closed";
  }

  #leave(): void {
    if (this.#isGone) return;
    this.#isGone = true;
    this.#owner.clock.delete(this);
    this.#counts.closed(this.#socket);
    this.#owner.onGone(this);
  }

  checkDeadlines(now: number): void {
    const request = this.#request;
    const silent = now - Math.max(this.#activeAt, this.#writer.activeAt);
    if (request === undefined) {
      if (silent > this.#keptFor) this.destroy();
    } else if (!this.#isConnected) {
      if (silent > this.#owner.connectTimeout) this.#fail("unreachable");
    } else if (this.#writer.awaitsContinue) {
      if (silent > continueTimeout) this.#writer.continue();
    } else if (silent > request.timeout && this.#isTargetsTurn()) this.#fail("timeout");
  }

  /** Whether the target is the one who is waited for: not a client that reads or sends slowly. */
  #isTargetsTurn(): boolean {
    if (this.#socket.isPaused()) return false;
    return this.#writer.isSent || this.#socket.writableNeedDrain;
  }
}

const nothing = Buffer.alloc(0);
