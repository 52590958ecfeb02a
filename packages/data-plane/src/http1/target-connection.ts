import type { Socket } from "node:net";
import { monotonicNow } from "@pergola/core";
import type { BodySink } from "../exchange.ts";
import type { TargetOrigin } from "../target-origin.ts";
import { listen, type SocketListeners, stopListening } from "../tcp/socket-listeners.ts";
import type { ConnectionCounts } from "../traffic.ts";
import { type BodyReader, responseBody } from "./body-reader.ts";
import { bodyBroken, type PieceTaker } from "./chunk-decoder.ts";
import type { CoarseClock, Timed } from "./coarse-clock.ts";
import { HeadReader, headBroken, headIncomplete } from "./head-reader.ts";
import { parseResponseHead, type TargetResponse } from "./response-head.ts";
import { TurnWriter } from "./turn-writer.ts";
import { isOffered } from "./upgrade.ts";

/**
 * Why a target has not answered. `stale`: a kept connection was closed before it answered anything, as when the close crosses
 * with the request.
 */
export type TargetFailure = "unreachable" | "stale" | "closed" | "protocol" | "timeout";

/** One request, as its connection sees it. Each ends with either `onEnd` or `onFailure`. */
export interface TargetRequest {
  /** Latin-1, with its empty line. */
  readonly text: string;
  readonly isHead: boolean;
  /** Bytes of body, -1 when it goes in chunks. */
  readonly bodyLength: number;
  /** Milliseconds that the target may be silent. */
  readonly timeout: number;
  /** The target is asked before the body is: it answers 100, or refuses. */
  readonly awaitsContinue: boolean;
  /** Protocols that a 101 may go over to: such a request needs a connection of its own. */
  readonly upgrade: readonly string[] | undefined;
  /** Where a connection is counted that is opened for it. */
  readonly connections: ConnectionCounts;
  /** Asked for once the head is on its way. */
  openBody(sink: BodySink): void;
  resumeBody(): void;
  onSent(): void;
  onResponse(response: TargetResponse): void;
  /** An interim response other than 100 and 101. */
  onInterim(response: TargetResponse): void;
  /**
   * The last that comes when the target goes over to another protocol.
   * @param socket the request's from now on; nobody listens to it any more
   * @param first what the target has sent behind its head
   */
  onUpgrade(response: TargetResponse, socket: Socket, first: Buffer): void;
  /**
   * @param piece valid during the call, and longer when `holdsPieces` says so
   * @returns false when no more is wanted until `resume`
   */
  onPiece(piece: Buffer): boolean;
  /** Whether memory that `onPiece` was given is still in use. */
  readonly holdsPieces: boolean;
  onEnd(): void;
  onFailure(failure: TargetFailure, error: Error | undefined): void;
}

/** What becomes of a connection is its pool's to know. */
export interface ConnectionOwner {
  readonly clock: CoarseClock;
  readonly connectTimeout: number;
  /** The connection can take another request. */
  onIdle(connection: TargetConnection): void;
  /** The connection is of no more use. Called once. */
  onGone(connection: TargetConnection): void;
}

/** Room for a small response, or for a good part of a large one; one for each connection, used again for each read. */
const readSize = 64 * 1024;
/** Room on connections that have filled that: a quarter of the system calls, while few connections need the memory. */
const largeReadSize = 256 * 1024;
/** Milliseconds that a target has to answer 100: many know of no such thing, and wait for the body. RFC 9110 §10.1.1. */
const continueTimeout = 1_000;
/** Interim responses to one request; more than any target has reason to send. */
const maxInterim = 16;

/** A connection to a target, for one request at a time. */
export class TargetConnection implements BodySink, PieceTaker, Timed {
  readonly #owner: ConnectionOwner;
  readonly #socket: Socket;
  readonly #writer: TurnWriter;
  readonly #counts: ConnectionCounts;
  readonly #head = new HeadReader();
  #buffer: Buffer | undefined;
  #bufferIsHeld = false;
  #readSize = readSize;
  #request: TargetRequest | undefined;
  #body: BodyReader | undefined;
  #isConnected = false;
  /** Has answered a request before: only then can a close have crossed with the next one. */
  #isKept = false;
  #isGone = false;
  #hasAnswered = false;
  #isSent = false;
  /** The body waits for a 100. */
  #awaitsContinue = false;
  #interim = 0;
  #keptFor = 0;
  #endsWithConnection = false;
  #activeAt: number;
  #error: Error | undefined;

  readonly #listeners: SocketListeners = {
    drain: () => this.#onDrain(),
    end: () => this.#onTargetEnd(),
    error: (error) => {
      this.#error = error;
    },
    close: () => this.#fail("closed"),
    // Only where `onread` does not take it.
    data: (chunk) => this.#onData(chunk.length, chunk),
  };

  constructor(origin: TargetOrigin, request: TargetRequest, owner: ConnectionOwner) {
    this.#owner = owner;
    this.#request = request;
    this.#activeAt = monotonicNow();
    this.#socket = this.#connect(origin, request.upgrade !== undefined);
    this.#counts = request.connections;
    this.#counts.opening(this.#socket);
    this.#writer = new TurnWriter(this.#socket);
    listen(this.#socket, this.#listeners);
    owner.clock.add(this);
  }

  /** Whether a request that is given now would go out. */
  get isUsable(): boolean {
    return !this.#isGone && !this.#socket.destroyed && this.#socket.writable;
  }

  /** @param isUpgrade the socket may go on to somebody else, who has other ways to read it */
  #connect({ host, port, serverName }: TargetOrigin, isUpgrade: boolean): Socket {
    const onread = {
      buffer: () => this.#nextBuffer(),
      callback: (length: number, buffer: Uint8Array) => this.#onData(length, buffer as Buffer),
    };
    const options = { host, port, noDelay: true, ...(isUpgrade ? { allowHalfOpen: true } : { onread }) };
    const started = (): void => this.#onConnect();
    if (serverName === undefined) return process.getBuiltinModule("node:net").connect(options, started);
    // Target certificates are not validated. Source: VPC Lattice user guide, target groups, read 2026-11.
    const tls = process.getBuiltinModule("node:tls");
    return tls.connect({ ...options, servername: serverName, rejectUnauthorized: false }, started);
  }

  /** The same memory for each read, unless somebody still reads what came with the last one. */
  #nextBuffer(): Buffer {
    if (this.#buffer === undefined || this.#bufferIsHeld) {
      this.#bufferIsHeld = false;
      this.#buffer = Buffer.allocUnsafeSlow(this.#readSize);
    }
    return this.#buffer;
  }

  #growBuffer(): void {
    this.#readSize = largeReadSize;
    this.#buffer = undefined;
  }

  #resetBuffer(): void {
    this.#readSize = readSize;
    this.#buffer = undefined;
  }

  /** Sends a request on a connection that `onIdle` has told of. */
  start(request: TargetRequest): void {
    this.#request = request;
    this.#begin(request);
  }

  /** Nobody waits for the response any more. */
  abort(): void {
    this.#request = undefined;
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
    this.#activeAt = this.#owner.clock.now;
    this.#hasAnswered = false;
    this.#endsWithConnection = false;
    this.#isSent = request.bodyLength === 0;
    this.#interim = 0;
    if (this.#isSent) {
      this.#writer.later(request.text);
      request.onSent();
      return;
    }
    this.#awaitsContinue = request.awaitsContinue;
    this.#socket.cork();
    this.#socket.write(request.text, "latin1");
    if (!this.#awaitsContinue) request.openBody(this);
    this.#socket.uncork();
  }

  #openBody(request: TargetRequest): void {
    if (!this.#awaitsContinue) return;
    this.#awaitsContinue = false;
    this.#activeAt = this.#owner.clock.now;
    request.openBody(this);
  }

  takeBody(chunk: Buffer): boolean {
    const request = this.#request;
    if (request === undefined || this.#isSent) return true;
    this.#activeAt = this.#owner.clock.now;
    if (request.bodyLength !== -1) return this.#socket.write(chunk);
    if (chunk.length === 0) return true;
    this.#socket.cork();
    this.#socket.write(`${chunk.length.toString(16)}\r\n`, "latin1");
    this.#socket.write(chunk);
    const canTakeMore = this.#socket.write("\r\n", "latin1");
    this.#socket.uncork();
    return canTakeMore;
  }

  get holdsBody(): boolean {
    return this.#socket.writableLength > 0;
  }

  endBody(): void {
    const request = this.#request;
    if (request === undefined || this.#isSent) return;
    if (request.bodyLength === -1) this.#socket.write("0\r\n\r\n", "latin1");
    this.#isSent = true;
    this.#activeAt = this.#owner.clock.now;
    request.onSent();
  }

  #onDrain(): void {
    this.#activeAt = this.#owner.clock.now;
    this.#request?.resumeBody();
  }

  #onData(length: number, buffer: Buffer): boolean {
    this.#activeAt = this.#owner.clock.now;
    if (length === readSize && this.#readSize === readSize && buffer.length === readSize) this.#growBuffer();
    const chunk = length === buffer.length ? buffer : buffer.subarray(0, length);
    let at = 0;
    while (at < chunk.length && !this.#isGone) {
      // Nobody has asked for these bytes: the next response could not be told from them.
      if (this.#request === undefined) this.destroy();
      else
        at =
          this.#body === undefined ? this.#readHead(this.#request, chunk, at) : this.#readBody(this.#body, chunk, at);
    }
    return true;
  }

  #readHead(request: TargetRequest, chunk: Buffer, at: number): number {
    this.#hasAnswered = true;
    const end = this.#head.read(chunk, at);
    if (end === headIncomplete) return chunk.length;
    const response = end === headBroken ? undefined : parseResponseHead(this.#head.take(), request.isHead);
    if (response === undefined) {
      this.#fail("protocol");
      return chunk.length;
    }
    if (response.status < 200) return this.#takeInterim(request, response, chunk, end);
    this.#awaitsContinue = false;
    this.#keptFor = response.keptFor;
    this.#endsWithConnection = response.length === Number.POSITIVE_INFINITY;
    request.onResponse(response);
    if (response.length === 0) this.#complete(end === chunk.length);
    else {
      this.#body = responseBody(response.length);
      // The head must not wait for a body that takes its time.
      if (end === chunk.length) request.onPiece(nothing);
    }
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
    else if (response.status === 100) this.#openBody(request);
    else request.onInterim(response);
    return end;
  }

  /** A target that goes over to what nobody has offered may not be listened to any further. */
  #goOver(request: TargetRequest, response: TargetResponse, first: Buffer): void {
    if (request.upgrade === undefined || !isOffered(request.upgrade, response.section.rawHeaders)) {
      this.#fail("protocol");
      return;
    }
    this.#request = undefined;
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
    if (!request.onPiece(piece)) this.#socket.pause();
    if (request.holdsPieces) this.#bufferIsHeld = true;
  }

  /** @param isClean nothing came behind the response */
  #complete(isClean: boolean): void {
    const request = this.#request as TargetRequest;
    this.#request = undefined;
    this.#body = undefined;
    this.#isKept = true;
    if (this.#readSize !== readSize) this.#resetBuffer();
    if (isClean && this.#isSent && this.#keptFor > 0 && this.isUsable) {
      if (this.#socket.isPaused()) this.#socket.resume();
      this.#owner.onIdle(this);
    } else this.destroy();
    request.onEnd();
  }

  #onTargetEnd(): void {
    if (this.#request === undefined) this.destroy();
    else if (this.#endsWithConnection) this.#complete(false);
    else this.#fail("closed");
  }

  #fail(kind: TargetFailure): void {
    const request = this.#request;
    this.#request = undefined;
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
    const silent = now - this.#activeAt;
    if (request === undefined) {
      if (silent > this.#keptFor) this.destroy();
    } else if (!this.#isConnected) {
      if (silent > this.#owner.connectTimeout) this.#fail("unreachable");
    } else if (this.#awaitsContinue) {
      if (silent > continueTimeout) this.#openBody(request);
    } else if (silent > request.timeout && this.#isTargetsTurn()) this.#fail("timeout");
  }

  /** Whether the target is the one who is waited for: not a client that reads or sends slowly. */
  #isTargetsTurn(): boolean {
    if (this.#socket.isPaused()) return false;
    return this.#isSent || this.#socket.writableNeedDrain;
  }
}

const nothing = Buffer.alloc(0);
