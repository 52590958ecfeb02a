import type { Socket } from "node:net";
import { monotonicNow } from "@pergola/core";
import type { BodySink, ClientConnection } from "../exchange.ts";
import { type FailureCause, failures } from "../failure.ts";
import type { ConnectionParts } from "../http1/client-connection.ts";
import { currentDate } from "../http1/date-line.ts";
import { releaseMemory } from "../http1/release-memory.ts";
import { listen, type SocketListeners } from "../tcp/socket-listeners.ts";
import { ConnectionLife } from "./connection-life.ts";
import { errorCode } from "./frames/frame-types.ts";
import { preface } from "./grammar.ts";
import type { HeaderDecoder } from "./hpack/header-decoder.ts";
import { Http2Exchange, type StreamHost } from "./http2-exchange.ts";
import { parseRequestHead } from "./request-head.ts";
import { ResetAllowance } from "./reset-allowance.ts";

/** Streams that a client may leave unfinished at once, and each second. */
const resetBurst = 500;
const resetsPerSecond = 50;
/** Streams beyond those that were announced, from a client that does not care. */
const maxRefused = 100;

/** A client's HTTP/2 connection: hands the request of each stream to the pipeline. */
export class Http2Connection extends ConnectionLife implements StreamHost {
  /** Requests that have come with what is being read: one that is reset in the same breath is no work for anybody. */
  #arrived: Http2Exchange[] = [];
  /** Who has been given a part of what is being read. */
  #passedTo: BodySink[] | undefined = undefined;
  /** Those that are over, once what they have sent has left. */
  #leaving: Http2Exchange[] = [];
  readonly #allowance: ResetAllowance;
  #refused = 0;
  /** Bytes of the preface that are still to come. */
  #prefaceLeft = preface.length;
  readonly #listeners: SocketListeners = {
    data: (chunk) => this.#onData(chunk),
    drain: () => this.link.flushBlocked(),
    // A client that sends no more is taken for gone, as on HTTP/1.1.
    end: () => this.cut(errorCode.none),
    error: () => this.socket.destroy(),
    close: () => this.#onClose(),
  };

  constructor(socket: Socket, client: ClientConnection, parts: ConnectionParts) {
    super(socket, client, parts);
    this.#allowance = new ResetAllowance(resetBurst, resetsPerSecond, monotonicNow());
    this.link.output.onSent = () => this.#onSent();
    listen(socket, this.#listeners);
  }

  get now(): number {
    return this.with.clock.now;
  }

  protected get isIdle(): boolean {
    return this.link.streams.size === 0 && this.#leaving.length === 0;
  }

  protected get exchanges(): readonly Http2Exchange[] {
    return [...(this.link.streams.values() as Iterable<Http2Exchange>), ...this.#leaving];
  }

  /** Bytes that came in before the connection was made out to be HTTP/2. */
  takeFirst(chunk: Buffer): void {
    this.#onData(chunk);
  }

  #onData(chunk: Buffer): void {
    const first = this.#prefaceLeft === 0 ? chunk : this.#takePreface(chunk);
    if (first === undefined) return;
    this.link.receive(first);
    if (this.#passedTo !== undefined) this.#releaseIfDone(chunk);
    if (this.#arrived.length > 0) this.#startArrived();
  }

  onPassed(sink: BodySink): void {
    if (this.#passedTo === undefined) this.#passedTo = [sink];
    else if (this.#passedTo.at(-1) !== sink) this.#passedTo.push(sink);
  }

  /** @param chunk what was read: whoever has been given parts of it may have passed all of them on */
  #releaseIfDone(chunk: Buffer): void {
    const isDone = this.#passedTo?.every(({ holdsBody }) => holdsBody === false);
    this.#passedTo = undefined;
    if (isDone === true) releaseMemory(chunk);
  }

  /** Over TLS nobody has looked at it yet. @returns what follows it; undefined when there is none */
  #takePreface(chunk: Buffer): Buffer | undefined {
    const from = preface.length - this.#prefaceLeft;
    const taken = Math.min(chunk.length, this.#prefaceLeft);
    this.#prefaceLeft -= taken;
    if (chunk.compare(preface, from, from + taken, 0, taken) === 0) {
      return taken < chunk.length ? chunk.subarray(taken) : undefined;
    }
    this.link.breakOff(errorCode.protocol);
    return undefined;
  }

  onStream(streamId: number, block: HeaderDecoder, endStream: boolean): void {
    if (this.isLast || this.link.streams.size >= this.with.options.maxConcurrentStreams) {
      this.#refuse(streamId, endStream);
      return;
    }
    if (block.isTooLarge) {
      this.link.sendReset(streamId, errorCode.enhanceYourCalm, !endStream);
      this.#noteAbandoned();
      return;
    }
    const read = parseRequestHead(block.fields, endStream);
    if (read === undefined) this.#answer(streamId, endStream, "malformedRequest");
    else if (read.expects !== undefined && read.expects !== "100-continue")
      this.#answer(streamId, endStream, "expectationFailed");
    else {
      const exchange = new Http2Exchange(streamId, this.link, read, endStream, this);
      this.link.streams.add(exchange);
      this.#arrived.push(exchange);
    }
  }

  /** Nobody has worked on it: clients try again elsewhere. */
  #refuse(streamId: number, endStream: boolean): void {
    if (!this.isLast) this.#refused += 1;
    if (this.#refused > maxRefused) this.link.breakOff(errorCode.enhanceYourCalm);
    else this.link.sendReset(streamId, errorCode.refusedStream, !endStream);
  }

  /** Answers what is no request; the connection goes on, since its frames are well-formed. */
  #answer(streamId: number, endStream: boolean, cause: FailureCause): void {
    if (cause === "malformedRequest") this.with.metrics.malformed += 1;
    const { status, text } = failures[cause];
    const body = Buffer.from(`${text}\n`);
    const type = ["content-type", "text/plain; charset=utf-8", "content-length", String(body.length)];
    const { output } = this.link;
    output.headers(streamId, status, [...type, "date", currentDate()], false);
    output.data(streamId, body, 0, body.length, true);
    if (!endStream) this.link.sendReset(streamId, errorCode.none, true);
    this.#noteAbandoned();
  }

  #startArrived(): void {
    const arrived = this.#arrived;
    this.#arrived = [];
    for (const exchange of arrived) exchange.call = this.with.pipeline.handle(exchange);
  }

  onOver(exchange: Http2Exchange): void {
    this.#leaving.push(exchange);
    this.link.output.atTurnEnd();
    if (exchange.isAbandoned) this.#noteAbandoned();
  }

  #noteAbandoned(): void {
    if (this.#allowance.take(monotonicNow())) return;
    if (!this.link.isBroken) this.link.breakOff(errorCode.enhanceYourCalm);
  }

  /** All that was written is with the system. */
  #onSent(): void {
    if (this.#leaving.length > 0) this.#settle(true);
    if (this.isLast && this.isIdle) this.close();
  }

  #settle(isSent: boolean): void {
    const leaving = this.#leaving;
    this.#leaving = [];
    for (const exchange of leaving) {
      exchange.settle(isSent);
      if (exchange.call !== undefined) this.with.pipeline.finish(exchange.call);
    }
    if (this.isIdle) this.idleSince = this.with.clock.now;
  }

  #onClose(): void {
    this.with.clock.delete(this);
    this.link.isBroken = true;
    this.#startArrived();
    this.link.breakStreams(errorCode.cancel);
    this.#settle(false);
  }
}
