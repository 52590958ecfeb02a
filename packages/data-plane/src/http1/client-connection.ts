import type { Socket } from "node:net";
import { monotonicNow } from "@pergola/core";
import type { ClientConnection } from "../exchange.ts";
import { type FailureCause, failures } from "../failure.ts";
import type { Metrics } from "../metrics.ts";
import type { Pipeline } from "../pipeline.ts";
import type { ResolvedOptions } from "../ports.ts";
import { listen, type SocketListeners, stopListening } from "../tcp/socket-listeners.ts";
import type { Tunnel } from "../tcp/tunnel.ts";
import { ClientDeadlines, type ClientPhase } from "./client-deadlines.ts";
import { openClientTunnel } from "./client-tunnel.ts";
import type { CoarseClock, Timed } from "./coarse-clock.ts";
import { ExchangeQueue } from "./exchange-queue.ts";
import { type ExchangeHost, Http1Exchange } from "./http1-exchange.ts";
import { OrderedOutput } from "./ordered-output.ts";
import type { RequestStart } from "./request-head.ts";
import { RequestReader, type RequestTaker } from "./request-reader.ts";
import { closingAnswer } from "./response-text.ts";
import { TurnWriter } from "./turn-writer.ts";

/** What every connection of a port shares. */
export interface ConnectionParts {
  readonly pipeline: Pipeline;
  readonly options: ResolvedOptions;
  readonly metrics: Metrics;
  readonly clock: CoarseClock;
}

/** Requests on one connection that wait for their response; more than any client pipelines. */
const maxPipelined = 100;
/** Milliseconds for the last answer to get through before what the client still sends makes the kernel reset the connection. */
const lingerTime = 500;
/** The same where an upload goes on that nobody reads any more. */
const uploadLingerTime = 5_000;

/** A client's connection: finds requests in its bytes, hands them to the pipeline, and sends the responses in their order. */
export class Http1Connection implements ExchangeHost, RequestTaker, Timed {
  readonly client: ClientConnection;
  isEnding = false;
  readonly #socket: Socket;
  readonly #writer: TurnWriter;
  readonly #reader: RequestReader;
  readonly #deadlines: ClientDeadlines;
  readonly #with: ConnectionParts;
  readonly #queue: ExchangeQueue;
  /** A request whose turn has not come: those before it change something, or it does. */
  #waiting: RequestStart | undefined;
  #refusal: string | undefined;
  /** The last request asks for another protocol: what comes behind it waits for the answer, and is no HTTP. */
  #isGoingOver = false;
  #tunnel: Tunnel | undefined;

  readonly #listeners: SocketListeners = {
    data: (chunk) => this.#onData(chunk),
    drain: () => this.#onDrain(),
    end: () => this.#onEnd(),
    error: () => this.#socket.destroy(),
    timeout: () => this.#socket.destroy(),
    close: () => this.#onClose(),
  };

  constructor(socket: Socket, client: ClientConnection, parts: ConnectionParts) {
    this.#socket = socket;
    this.#queue = new ExchangeQueue(parts.pipeline);
    this.#writer = new TurnWriter(socket, this.#queue);
    this.#reader = new RequestReader(socket, this);
    this.client = client;
    this.#with = parts;
    this.#deadlines = new ClientDeadlines(monotonicNow(), parts.options);
    parts.clock.add(this);
    listen(socket, this.#listeners);
  }

  /** Bytes that came in before the connection was made out to be HTTP. */
  takeFirst(chunk: Buffer): void {
    this.#onData(chunk);
  }

  /** Its next response is its last, and tells the client so. */
  callLast(): void {
    this.#deadlines.callLast(monotonicNow());
  }

  /** Its next response is its last. A connection at rest is left alone: a request may be on its way, and would be lost. */
  get isOld(): boolean {
    return this.#deadlines.isOld;
  }

  /** Closes the connection as soon as no request is in flight. */
  end(): void {
    this.isEnding = true;
    if (this.#tunnel !== undefined) this.#tunnel.end();
    else if (this.#queue.isEmpty && !this.#deadlines.isLingering) this.#socket.destroy();
  }

  #onData(chunk: Buffer): void {
    this.#deadlines.activeAt = this.#with.clock.now;
    this.#reader.read(chunk);
  }

  get takesRequests(): boolean {
    return this.#waiting === undefined && !this.#isGoingOver;
  }

  onPartialHead(): void {
    this.#deadlines.headBegins(this.#with.clock.now);
  }

  onHead(start: RequestStart | undefined): void {
    this.#deadlines.headEnds();
    if (start === undefined) this.#refuse("malformedRequest");
    else if (start.expects !== undefined && start.expects !== "100-continue") this.#refuse("expectationFailed");
    else if (this.#queue.length >= maxPipelined) this.cut();
    else this.#startOrWait(start);
  }

  #startOrWait(start: RequestStart): void {
    const { first } = this.#queue;
    // In parallel only what changes nothing. Source: RFC 9112 §9.3.2.
    if (first === undefined || (first.isSafe && start.isSafe)) this.#start(start);
    else this.#waiting = start;
  }

  #start(start: RequestStart): void {
    const hasTurn = this.#queue.length === 0;
    const exchange = new Http1Exchange(start, this, new OrderedOutput(this.#socket, this.#writer, hasTurn));
    if (start.contentLength !== 0) this.#reader.expectBody(exchange);
    this.#isGoingOver = start.upgrade !== undefined && start.contentLength === 0;
    this.#queue.start(exchange);
  }

  onBodyEnd(): void {
    // An upload that nobody reads has come to its end in time.
    this.#deadlines.stopLingering();
  }

  onBrokenBody(owner: Http1Exchange | undefined): void {
    this.#with.metrics.malformed += 1;
    this.#reader.stop();
    if (owner === undefined || owner.hasEnded || owner.responded || owner.call === undefined) {
      owner?.call?.fail("malformedRequest");
      this.#socket.destroy();
      return;
    }
    // Its own response has not begun, so the 400 is taken for it.
    const { status, text } = owner.call.fail("malformedRequest");
    owner.call.status = status;
    this.#queue.dropFirst();
    owner.hasEnded = true;
    owner.clientIsGone();
    this.#writer.later(closingAnswer(status, text));
    this.#queue.finish(owner);
    this.#closeGently(lingerTime);
  }

  bodyOpened(owner: Http1Exchange): void {
    this.#reader.bodyOpened(owner);
  }

  resumeBody(owner: Http1Exchange): void {
    this.#reader.resumeBody(owner);
  }

  responseEnded(exchange: Http1Exchange): void {
    this.#deadlines.activeAt = this.#with.clock.now;
    this.#queue.leave(exchange);
    if (exchange.isLast) {
      this.#closeGently(exchange.isBodyComplete ? lingerTime : uploadLingerTime);
      return;
    }
    if (!exchange.isBodyComplete) {
      // Nobody reads the rest of an upload whose answer has been sent.
      this.#deadlines.lingerUntil(this.#with.clock.now + uploadLingerTime);
      this.#reader.dropBody(exchange);
    }
    const { first: next } = this.#queue;
    if (next !== undefined) next.takeTurn();
    else if (!this.#reader.isReading) this.#proceed();
  }

  /** No request is in flight: what has waited has its turn. */
  #proceed(): void {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    if (waiting !== undefined) this.#start(waiting);
    this.#reader.readHeld();
    if (this.#queue.length > 0 || this.#waiting !== undefined) return;
    if (this.#refusal !== undefined) this.#sendRefusal(this.#refusal);
    else if (!this.#reader.isInBody && this.isEnding && !this.#reader.isOver) this.#closeGently(lingerTime);
  }

  /** Answers what is no request, once the responses before it are over: where a next request would begin is unknown. */
  #refuse(cause: FailureCause): void {
    if (cause === "malformedRequest") this.#with.metrics.malformed += 1;
    this.#reader.stop();
    const { status, text } = failures[cause];
    this.#refusal = closingAnswer(status, text);
    if (this.#queue.length === 0) this.#sendRefusal(this.#refusal);
  }

  #sendRefusal(answer: string): void {
    this.#refusal = undefined;
    this.#writer.later(answer);
    this.#closeGently(lingerTime);
  }

  #closeGently(linger: number): void {
    this.#reader.stop();
    this.#writer.flush();
    // The client may take as long for the rest of its response as for any; lingering begins behind it.
    this.#socket.setTimeout(this.#deadlines.idleTimeout);
    this.#socket.end(() => {
      this.#deadlines.lingerUntil(this.#with.clock.now + linger);
    });
    this.#socket.resume();
  }

  #onDrain(): void {
    this.#deadlines.activeAt = this.#with.clock.now;
    this.#socket.setTimeout(0);
    this.#queue.first?.watcher?.onDrain?.();
  }

  /** A client that sends no more is taken for gone: a close and the end of one direction look the same from here. */
  #onEnd(): void {
    if (this.#reader.isOver) return;
    if (this.#queue.length > 0 || this.#reader.isInBody) this.cut();
    else if (this.#reader.isInHead) this.#refuse("clientGone");
    else this.#closeGently(lingerTime);
  }

  #onClose(): void {
    this.#reader.stop();
    this.#with.clock.delete(this);
    this.#queue.abandonAll();
  }

  openTunnel(exchange: Http1Exchange, target: Socket): void {
    this.#writer.flush();
    const first = this.#reader.stop();
    this.#queue.dropFirst();
    this.#with.clock.delete(this);
    stopListening(this.#socket, this.#listeners);
    this.#with.metrics.tunnels += 1;
    const settings = { clock: this.#with.clock, first, ...this.#deadlines.tunnelTimes(monotonicNow()) };
    this.#tunnel = openClientTunnel(exchange, this.#socket, target, settings, () => this.#queue.finish(exchange));
    if (this.isEnding) this.#tunnel.end();
  }

  setIdleTimeout(milliseconds: number): void {
    this.#deadlines.waitFor(milliseconds);
  }

  wrote(canTakeMore: boolean): void {
    this.#deadlines.activeAt = this.#with.clock.now;
    // The client reads slower than its response comes: the system sees what moves of the bytes on their way, this class does not.
    if (!canTakeMore) this.#socket.setTimeout(this.#deadlines.idleTimeout);
  }

  cut(): void {
    this.#reader.stop();
    this.#writer.flush();
    this.#socket.destroy();
  }

  checkDeadlines(now: number): void {
    const step = this.#deadlines.due(now, this.#phase);
    if (step === "expire") {
      this.#queue.failTooOld();
      this.#socket.destroy();
    } else if (step === "cut") this.cut();
    else if (step === "refuse-head") this.#sendRefusal(closingAnswer(408, "Request Timeout"));
  }

  get #phase(): ClientPhase {
    if (this.#queue.length > 0) return this.#socket.writableNeedDrain ? "draining" : "answering";
    if (this.#reader.isOver || this.#reader.isInBody) return "dropping";
    return this.#reader.isInHead ? "in-head" : "resting";
  }
}
