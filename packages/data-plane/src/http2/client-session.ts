import { constants, performServerHandshake, type ServerHttp2Session, type ServerHttp2Stream } from "node:http2";
import type { Socket } from "node:net";
import { monotonicNow } from "@pergola/core";
import type { ClientConnection } from "../exchange.ts";
import { type FailureCause, failures } from "../failure.ts";
import type { ConnectionParts } from "../http1/client-connection.ts";
import type { Timed } from "../http1/coarse-clock.ts";
import { Http2Exchange, type StreamHost } from "./http2-exchange.ts";
import { parseRequestHead } from "./request-head.ts";
import { ResetAllowance } from "./reset-allowance.ts";
import { sessionOptions } from "./session-options.ts";

/** Streams that a client may leave unfinished at once, and each second. */
const resetBurst = 500;
const resetsPerSecond = 50;
/** Bytes that a client may have under way on all of its streams. */
const connectionWindow = 1024 * 1024;
/** Milliseconds for a client to close its side. */
const lingerTime = 2_000;
/** From this part of its lifetime on, a connection takes no new streams, so that none is cut that began late. */
const lastCallShare = 0.9;

const { NGHTTP2_NO_ERROR, NGHTTP2_ENHANCE_YOUR_CALM, NGHTTP2_FLAG_END_STREAM } = constants;
const never = Number.POSITIVE_INFINITY;

/** A client's HTTP/2 connection: hands the request of each stream to the pipeline. */
export class Http2Connection implements StreamHost, Timed {
  readonly client: ClientConnection;
  readonly #socket: Socket;
  readonly #session: ServerHttp2Session;
  readonly #with: ConnectionParts;
  readonly #exchanges = new Set<Http2Exchange>();
  readonly #allowance: ResetAllowance;
  /** Since when there is no stream. */
  #idleSince: number;
  #lingersUntil = never;
  readonly #lastCallAt: number;
  #expiresAt = never;
  #isGreeted = false;

  /** @param socket with the connection's first bytes still to be read from it */
  constructor(socket: Socket, client: ClientConnection, parts: ConnectionParts) {
    const { clock, options } = parts;
    this.client = client;
    this.#socket = socket;
    this.#with = parts;
    const now = monotonicNow();
    this.#idleSince = now;
    this.#lastCallAt = now + options.maxConnectionDuration * lastCallShare;
    this.#allowance = new ResetAllowance(resetBurst, resetsPerSecond, now);
    this.#session = performServerHandshake(socket, sessionOptions(options));
    this.#session.setLocalWindowSize(connectionWindow);
    this.#session.on("stream", (stream, _headers, flags, rawHeaders) => this.#onStream(stream, flags, rawHeaders));
    this.#session.on("remoteSettings", () => {
      this.#isGreeted = true;
    });
    // nghttp2 has told the client what was wrong with its frames; the socket's close follows.
    this.#session.on("error", () => undefined);
    socket.once("close", () => this.#onClose());
    // A client that sends no more is taken for gone, as on HTTP/1.1.
    socket.once("end", () => this.#cut(NGHTTP2_NO_ERROR));
    clock.add(this);
  }

  get now(): number {
    return this.#with.clock.now;
  }

  get idleTimeout(): number {
    return this.#with.options.keepAliveTimeout;
  }

  /**
   * Takes no new streams, and closes the connection when the last one is over. A stream that the client opens before it has heard
   * of it is refused, and clients try it again elsewhere, since nobody has worked on it; nghttp2 as Node has it cannot say first
   * that it will close and go on for a moment.
   */
  end(): void {
    if (this.#session.closed || this.#session.destroyed) return;
    this.#session.close();
    if (this.#exchanges.size === 0) this.#linger();
  }

  #linger(): void {
    if (this.#lingersUntil === never) this.#lingersUntil = monotonicNow() + lingerTime;
  }

  #onStream(stream: ServerHttp2Stream, flags: number, rawHeaders: readonly string[]): void {
    // INVARIANT (first of all): without a listener the error of a stream ends the process, also of one whose connection is gone
    // before anybody has looked at it. What it means is told by `aborted` and `close`.
    stream.on("error", () => undefined);
    if (this.#session.destroyed) return;
    const isBodyless = (flags & NGHTTP2_FLAG_END_STREAM) !== 0;
    const read = parseRequestHead(rawHeaders, isBodyless);
    if (read === undefined) this.#refuse(stream, "malformedRequest");
    else if (read.expects !== undefined && read.expects !== "100-continue") this.#refuse(stream, "expectationFailed");
    else this.#start(stream, new Http2Exchange(stream, read, this));
  }

  #start(stream: ServerHttp2Stream, exchange: Http2Exchange): void {
    this.#exchanges.add(exchange);
    if (stream.destroyed || stream.closed) {
      // Reset in the same breath as it was opened: recorded, and nobody works for it.
      exchange.closed();
    }
    const call = this.#with.pipeline.handle(exchange);
    exchange.call = call;
    if (stream.destroyed) this.#finish(exchange);
    else stream.on("close", () => this.#finish(exchange));
  }

  #finish(exchange: Http2Exchange): void {
    if (!this.#exchanges.delete(exchange)) return;
    const isAbandoned = exchange.closed();
    if (exchange.call !== undefined) this.#with.pipeline.finish(exchange.call);
    if (isAbandoned) this.#onAbandoned();
    if (this.#exchanges.size > 0) return;
    this.#idleSince = this.#with.clock.now;
    if (this.#session.closed) this.#linger();
  }

  #onAbandoned(): void {
    if (this.#allowance.take(monotonicNow()) || this.#session.destroyed) return;
    this.#with.metrics.malformed += 1;
    this.#cut(NGHTTP2_ENHANCE_YOUR_CALM);
  }

  /** Ends the connection at once; responses that are not complete do not look as if they were. */
  #cut(code: number): void {
    for (const exchange of this.#exchanges) exchange.cut();
    this.#session.destroy(undefined, code);
    this.#linger();
  }

  /** Answers what is no request; the connection goes on, since its frames are well-formed. */
  #refuse(stream: ServerHttp2Stream, cause: FailureCause): void {
    if (cause === "malformedRequest") this.#with.metrics.malformed += 1;
    if (stream.destroyed || stream.closed) return;
    const { status, text } = failures[cause];
    const body = `${text}\n`;
    stream.respond({
      ":status": status,
      "content-type": "text/plain; charset=utf-8",
      "content-length": String(body.length),
    });
    stream.end(body);
    stream.close(NGHTTP2_NO_ERROR);
  }

  #onClose(): void {
    this.#with.clock.delete(this);
    this.#session.destroy();
    for (const exchange of this.#exchanges) this.#finish(exchange);
  }

  checkDeadlines(now: number): void {
    if (now >= this.#expiresAt) this.#expire();
    else if (now >= this.#lingersUntil) this.#socket.destroy();
    else if (this.#exchanges.size === 0) this.#checkIdle(now);
    else this.#checkStreams(now);
  }

  #checkStreams(now: number): void {
    for (const exchange of this.#exchanges) exchange.checkIdle(now);
    this.#checkAge(now);
  }

  #checkIdle(now: number): void {
    const { headersTimeout, keepAliveTimeout } = this.#with.options;
    const idle = now - this.#idleSince;
    if (!this.#isGreeted && idle > headersTimeout) this.#socket.destroy();
    else if (idle > keepAliveTimeout) this.end();
    else this.#checkAge(now);
  }

  /** The rest of the lifetime is counted from here, so that a process that was held up does not skip the last call. */
  #checkAge(now: number): void {
    if (now < this.#lastCallAt || this.#expiresAt !== never) return;
    this.#expiresAt = now + this.#with.options.maxConnectionDuration * (1 - lastCallShare);
    this.end();
  }

  #expire(): void {
    for (const { call } of this.#exchanges) call?.fail("connectionTooOld");
    this.#socket.destroy();
  }
}
