import type { Socket } from "node:net";
import { bodyBroken } from "./chunk-decoder.ts";
import { leadingRequest } from "./grammar.ts";
import { HeadReader, headBroken, headIncomplete } from "./head-reader.ts";
import type { Http1Exchange } from "./http1-exchange.ts";
import { IncomingBody } from "./incoming-body.ts";
import { releaseMemory } from "./release-memory.ts";
import { parseRequestHead, type RequestStart } from "./request-head.ts";

/** Who hears what a client's bytes are. */
export interface RequestTaker {
  /** Whether a next head may be looked for; else what comes is held. */
  readonly takesRequests: boolean;
  /** A head has begun, and more of it has to come. */
  onPartialHead(): void;
  /** @param start undefined for what is no request */
  onHead(start: RequestStart | undefined): void;
  onBodyEnd(): void;
  /** @param owner whose body has broken framing */
  onBrokenBody(owner: Http1Exchange | undefined): void;
}

/** Bytes that may wait for their turn; beyond them the client is not read. */
const maxHeld = 64 * 1024;

const nothing = Buffer.alloc(0);

/** Finds the requests in a client's bytes, and reads no faster than they are worked on. */
export class RequestReader {
  /** What came in is being looked at. */
  isReading = false;
  /** Nothing that still comes in counts. */
  isOver = false;
  readonly #socket: Socket;
  readonly #taker: RequestTaker;
  readonly #head = new HeadReader(leadingRequest);
  readonly #body = new IncomingBody();
  /** Bytes behind a request that waits for its turn, or of a body that nobody has opened yet. */
  #held: Buffer | undefined;
  #lastHasCome = false;

  constructor(socket: Socket, taker: RequestTaker) {
    this.#socket = socket;
    this.#taker = taker;
  }

  get isInHead(): boolean {
    return this.#head.isPartial;
  }

  get isInBody(): boolean {
    return this.#body.isComing;
  }

  /** Expects the body of a request that has one, next. */
  expectBody(owner: Http1Exchange): void {
    this.#body.begin(owner);
  }

  /** @param chunk memory of its own, which may be given back */
  read(chunk: Buffer): void {
    if (this.isOver) return;
    if (this.#held !== undefined) {
      this.#hold(chunk);
      return;
    }
    this.#body.beginRead();
    this.#read(chunk);
    if (this.#held === undefined && !this.isOver && this.#body.isPassedOn) releaseMemory(chunk);
  }

  /** Goes on with what was held, where it is not being looked at already. */
  readHeld(): void {
    const held = this.#held;
    if (held === undefined || this.isReading) return;
    this.#held = undefined;
    if (!this.#body.isHeldUp) this.#socket.resume();
    this.#read(held);
  }

  /** The body has somebody who takes it. */
  bodyOpened(owner: Http1Exchange): void {
    if (this.#body.isOf(owner)) this.readHeld();
  }

  resumeBody(owner: Http1Exchange): void {
    if (!this.#body.isOf(owner)) return;
    this.#body.isHeldUp = false;
    this.#socket.resume();
  }

  /** Nobody takes the rest of the body. */
  dropBody(owner: Http1Exchange): void {
    owner.sink = undefined;
    this.#body.isHeldUp = false;
    this.#socket.resume();
  }

  /** @returns what has come in and was not looked at; nothing more will be */
  stop(): Buffer {
    const held = this.#held ?? nothing;
    this.isOver = true;
    this.#held = undefined;
    return held;
  }

  #read(chunk: Buffer): void {
    this.isReading = true;
    let at = 0;
    while (at < chunk.length && !this.isOver && this.#taker.takesRequests) {
      if (!this.#body.isComing) at = this.#readHead(chunk, at);
      else if (this.#body.isUnopened) break;
      else at = this.#readBody(chunk, at);
    }
    this.isReading = false;
    if (at < chunk.length && !this.isOver) this.#hold(at === 0 ? chunk : chunk.subarray(at));
  }

  #readHead(chunk: Buffer, at: number): number {
    // What comes after the last request of a connection is nobody's.
    if (this.#lastHasCome) return chunk.length;
    const end = this.#head.read(chunk, at, chunk.length);
    if (end === headIncomplete) {
      this.#taker.onPartialHead();
      return chunk.length;
    }
    const start = end === headBroken ? undefined : parseRequestHead(this.#head.take().slice(0, this.#head.length));
    this.#lastHasCome = start?.isLast === true;
    this.#taker.onHead(start);
    return end === headBroken ? chunk.length : end;
  }

  #readBody(chunk: Buffer, at: number): number {
    const end = this.#body.read(chunk, at);
    if (end === bodyBroken) {
      this.#taker.onBrokenBody(this.#body.leave());
      return chunk.length;
    }
    if (!this.#body.isComing) this.#taker.onBodyEnd();
    else if (this.#body.isHeldUp) this.#socket.pause();
    return end;
  }

  #hold(chunk: Buffer): void {
    this.#held = this.#held === undefined || this.#held.length === 0 ? chunk : Buffer.concat([this.#held, chunk]);
    if (this.#held.length > maxHeld) this.#socket.pause();
  }
}
