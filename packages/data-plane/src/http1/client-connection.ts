import type { Socket } from "node:net";
import { monotonicNow } from "@pergola/core";
import type { BodySink, ClientConnection } from "../exchange.ts";
import { type FailureCause, failures } from "../failure.ts";
import type { Metrics } from "../metrics.ts";
import type { Pipeline } from "../pipeline.ts";
import type { ResolvedOptions } from "../ports.ts";
import { listen, type SocketListeners, stopListening } from "../tcp/socket-listeners.ts";
import { Tunnel } from "../tcp/tunnel.ts";
import { tunnelFailures } from "../tcp/tunnel-failure.ts";
import { type BodyReader, requestBody } from "./body-reader.ts";
import { bodyBroken, type PieceTaker } from "./chunk-decoder.ts";
import type { CoarseClock, Timed } from "./coarse-clock.ts";
import { HeadReader, headBroken, headIncomplete } from "./head-reader.ts";
import { type ExchangeHost, Http1Exchange } from "./http1-exchange.ts";
import { OrderedOutput } from "./ordered-output.ts";
import { releaseMemory } from "./release-memory.ts";
import { parseRequestHead, type RequestStart } from "./request-head.ts";
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
/** Bytes that may wait for their turn; beyond them the client is not read. */
const maxHeld = 64 * 1024;
/** Milliseconds for the last answer to get through before what the client still sends makes the kernel reset the connection. */
const lingerTime = 500;
/** The same where an upload goes on that nobody reads any more. */
const uploadLingerTime = 5_000;
/** A client that neither reads nor sends is cut off a little later than a target that does not answer: the target's 504 comes first. */
const idleGrace = 5_000;
/** From this part of its lifetime on, a connection is told to end with the response at hand, rather than be cut in the next one. */
const lastCallShare = 0.9;

const nothing = Buffer.alloc(0);
const never = Number.POSITIVE_INFINITY;

/** A client's connection: finds requests in its bytes, hands them to the pipeline, and sends the responses in their order. */
export class Http1Connection implements ExchangeHost, Timed, PieceTaker {
  readonly client: ClientConnection;
  isEnding = false;
  /** Its next response is its last. A connection at rest is left alone: a request may be on its way, and would be lost. */
  isOld = false;
  readonly #socket: Socket;
  readonly #writer: TurnWriter;
  readonly #with: ConnectionParts;
  /** Requests whose response has not ended, oldest first. */
  readonly #queue: Http1Exchange[] = [];
  /** Responses that are on their way to the system. */
  readonly #leaving = new Set<Http1Exchange>();
  readonly #head = new HeadReader();
  /** The body that comes in, or still has to be dropped, and whose it is. */
  #body: BodyReader | undefined;
  #bodyOwner: Http1Exchange | undefined;
  /** A request whose turn has not come: those before it change something, or it does. */
  #waiting: RequestStart | undefined;
  /** Bytes behind it, or of a body that nobody has opened yet. */
  #held: Buffer | undefined;
  /** Who has got what came in last. */
  #lastSink: BodySink | undefined;
  #isReading = false;
  /** Nothing that still comes in counts. */
  #isOver = false;
  #refusal: string | undefined;
  #lastHasCome = false;
  /** The last request asks for another protocol: what comes behind it waits for the answer, and is no HTTP. */
  #isGoingOver = false;
  #tunnel: Tunnel | undefined;
  #sinkIsFull = false;
  #activeAt: number;
  #headSince: number;
  #idleTimeout: number;
  #lingersUntil = never;
  readonly #startedAt: number;
  readonly #lastCallAt: number;
  #expiresAt = never;

  readonly #listeners: SocketListeners = {
    data: (chunk) => this.#onData(chunk),
    drain: () => this.#onDrain(),
    end: () => this.#onEnd(),
    error: () => this.#socket.destroy(),
    timeout: () => this.#socket.destroy(),
    close: () => this.#onClose(),
  };

  constructor(socket: Socket, client: ClientConnection, parts: ConnectionParts) {
    const { clock, options } = parts;
    this.#socket = socket;
    this.#writer = new TurnWriter(socket);
    this.client = client;
    this.#with = parts;
    this.#idleTimeout = options.keepAliveTimeout;
    const now = monotonicNow();
    this.#activeAt = now;
    this.#headSince = now;
    this.#startedAt = now;
    this.#lastCallAt = now + options.maxConnectionDuration * lastCallShare;
    clock.add(this);
    listen(socket, this.#listeners);
  }

  /** Bytes that came in before the connection was made out to be HTTP. */
  takeFirst(chunk: Buffer): void {
    this.#onData(chunk);
  }

  /** Its next response is its last, and tells the client so. */
  callLast(): void {
    if (!this.isOld) this.#callLast(monotonicNow());
  }

  /** Closes the connection as soon as no request is in flight. */
  end(): void {
    this.isEnding = true;
    if (this.#tunnel !== undefined) this.#tunnel.end();
    else if (this.#queue.length === 0 && this.#leaving.size === 0 && this.#lingersUntil === never)
      this.#socket.destroy();
  }

  #onData(chunk: Buffer): void {
    this.#activeAt = this.#with.clock.now;
    if (this.#isOver) return;
    if (this.#held !== undefined) {
      this.#hold(chunk);
      return;
    }
    this.#lastSink = undefined;
    this.#read(chunk);
    if (this.#held === undefined && this.#tunnel === undefined && isDone(this.#lastSink)) releaseMemory(chunk);
  }

  #read(chunk: Buffer): void {
    this.#isReading = true;
    let at = 0;
    while (at < chunk.length && !this.#isOver && this.#waiting === undefined && !this.#isGoingOver) {
      if (this.#body === undefined) at = this.#readHead(chunk, at);
      else if (this.#bodyOwner?.sink === undefined && this.#bodyOwner?.hasEnded === false) break;
      else at = this.#readBody(this.#body, chunk, at);
    }
    this.#isReading = false;
    if (at < chunk.length && !this.#isOver) this.#hold(at === 0 ? chunk : chunk.subarray(at));
  }

  #readHead(chunk: Buffer, at: number): number {
    // What comes after the last request of a connection is nobody's.
    if (this.#lastHasCome) return chunk.length;
    const end = this.#head.read(chunk, at);
    if (end === headIncomplete) {
      if (this.#headSince === never) this.#headSince = this.#with.clock.now;
      return chunk.length;
    }
    this.#headSince = never;
    const start = end === headBroken ? undefined : parseRequestHead(this.#head.take());
    if (start === undefined) this.#refuse("malformedRequest");
    else if (start.expects !== undefined && start.expects !== "100-continue") this.#refuse("expectationFailed");
    else if (this.#queue.length >= maxPipelined) this.cut();
    else this.#startOrWait(start);
    return end === headBroken ? chunk.length : end;
  }

  #startOrWait(start: RequestStart): void {
    const [first] = this.#queue;
    // In parallel only what changes nothing. Source: RFC 9112 §9.3.2.
    if (first === undefined || (first.isSafe && start.isSafe)) this.#start(start);
    else this.#waiting = start;
  }

  #start(start: RequestStart): void {
    const hasTurn = this.#queue.length === 0;
    const exchange = new Http1Exchange(start, this, new OrderedOutput(this.#socket, this.#writer, hasTurn));
    this.#queue.push(exchange);
    if (start.contentLength !== 0) {
      this.#body = requestBody(start.contentLength);
      this.#bodyOwner = exchange;
    }
    this.#lastHasCome = start.isLast;
    this.#isGoingOver = start.upgrade !== undefined && start.contentLength === 0;
    const call = this.#with.pipeline.handle(exchange);
    exchange.call = call;
    if (exchange.isFinished) this.#with.pipeline.finish(call);
  }

  #readBody(body: BodyReader, chunk: Buffer, at: number): number {
    const end = body.read(chunk, at, this);
    if (end === bodyBroken) {
      this.#onBrokenBody();
      return chunk.length;
    }
    if (body.isDone) this.#onBodyEnd();
    else if (this.#sinkIsFull) this.#socket.pause();
    return end;
  }

  /** A piece of the body that comes in. */
  takePiece(piece: Buffer): void {
    const owner = this.#bodyOwner;
    if (owner === undefined) return;
    owner.bodyBytesReceived += piece.length;
    this.#lastSink = owner.sink;
    if (owner.sink?.takeBody(piece) === false) this.#sinkIsFull = true;
  }

  #onBodyEnd(): void {
    const owner = this.#bodyOwner;
    this.#body = undefined;
    this.#bodyOwner = undefined;
    this.#sinkIsFull = false;
    if (owner === undefined) return;
    owner.isBodyComplete = true;
    if (owner.hasEnded) this.#lingersUntil = never;
    owner.sink?.endBody();
  }

  #onBrokenBody(): void {
    const owner = this.#bodyOwner;
    this.#with.metrics.malformed += 1;
    this.#isOver = true;
    this.#body = undefined;
    if (owner === undefined || owner.hasEnded || owner.responded || owner.call === undefined) {
      owner?.call?.fail("malformedRequest");
      this.#socket.destroy();
      return;
    }
    // Its own response has not begun, so the 400 is taken for it.
    const { status, text } = owner.call.fail("malformedRequest");
    owner.call.status = status;
    this.#queue.shift();
    owner.hasEnded = true;
    owner.clientIsGone();
    this.#writer.later(closingAnswer(status, text));
    this.#finish(owner);
    this.#closeGently(lingerTime);
  }

  bodyOpened(owner: Http1Exchange): void {
    if (owner === this.#bodyOwner && !this.#isReading) this.#readHeld();
  }

  resumeBody(owner: Http1Exchange): void {
    if (owner !== this.#bodyOwner) return;
    this.#sinkIsFull = false;
    this.#socket.resume();
  }

  responseEnded(exchange: Http1Exchange): void {
    this.#queue.shift();
    this.#activeAt = this.#with.clock.now;
    this.#leaving.add(exchange);
    exchange.output.whenSent((error) => {
      if (error instanceof Error) exchange.isClientGone = true;
      this.#leaving.delete(exchange);
      this.#finish(exchange);
    });
    if (exchange.isLast) {
      this.#closeGently(exchange.isBodyComplete ? lingerTime : uploadLingerTime);
      return;
    }
    if (!exchange.isBodyComplete) this.#dropBody(exchange);
    const [next] = this.#queue;
    if (next !== undefined) next.takeTurn();
    else if (!this.#isReading) this.#proceed();
  }

  /** Nobody reads the rest of an upload whose answer has been sent. */
  #dropBody(exchange: Http1Exchange): void {
    this.#lingersUntil = this.#with.clock.now + uploadLingerTime;
    exchange.sink = undefined;
    this.#sinkIsFull = false;
    this.#socket.resume();
  }

  /** No request is in flight: what has waited has its turn. */
  #proceed(): void {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    if (waiting !== undefined) this.#start(waiting);
    this.#readHeld();
    if (this.#queue.length > 0 || this.#waiting !== undefined) return;
    if (this.#refusal !== undefined) this.#sendRefusal(this.#refusal);
    else if (this.#body === undefined && this.isEnding && !this.#isOver) this.#closeGently(lingerTime);
  }

  #hold(chunk: Buffer): void {
    this.#held = this.#held === undefined || this.#held.length === 0 ? chunk : Buffer.concat([this.#held, chunk]);
    if (this.#held.length > maxHeld) this.#socket.pause();
  }

  #readHeld(): void {
    const held = this.#held;
    if (held === undefined) return;
    this.#held = undefined;
    if (!this.#sinkIsFull) this.#socket.resume();
    this.#read(held);
  }

  /** Answers what is no request, once the responses before it are over: where a next request would begin is unknown. */
  #refuse(cause: FailureCause): void {
    if (cause === "malformedRequest") this.#with.metrics.malformed += 1;
    this.#isOver = true;
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
    this.#isOver = true;
    this.#held = undefined;
    this.#writer.flush();
    // The client may take as long for the rest of its response as for any; lingering begins behind it.
    this.#socket.setTimeout(this.#idleTimeout);
    this.#socket.end(() => {
      this.#lingersUntil = this.#with.clock.now + linger;
    });
    this.#socket.resume();
  }

  #finish(exchange: Http1Exchange): void {
    if (exchange.isFinished) return;
    exchange.isFinished = true;
    if (exchange.call !== undefined) this.#with.pipeline.finish(exchange.call);
  }

  #onDrain(): void {
    this.#activeAt = this.#with.clock.now;
    this.#socket.setTimeout(0);
    this.#queue[0]?.onDrain?.();
  }

  /** A client that sends no more is taken for gone: a close and the end of one direction look the same from here. */
  #onEnd(): void {
    if (this.#isOver) return;
    if (this.#queue.length > 0 || this.#body !== undefined) this.cut();
    else if (this.#head.isPartial) this.#refuse("clientGone");
    else this.#closeGently(lingerTime);
  }

  #onClose(): void {
    this.#isOver = true;
    this.#with.clock.delete(this);
    for (const exchange of [...this.#queue, ...this.#leaving]) {
      exchange.hasEnded = true;
      exchange.clientIsGone();
      this.#finish(exchange);
    }
  }

  openTunnel(exchange: Http1Exchange, target: Socket): void {
    this.#writer.flush();
    const first = this.#held ?? nothing;
    this.#held = undefined;
    this.#isOver = true;
    this.#queue.shift();
    this.#with.clock.delete(this);
    stopListening(this.#socket, this.#listeners);
    const { clock, metrics, options } = this.#with;
    metrics.tunnels += 1;
    const tunnel = new Tunnel(this.#socket, target, {
      clock,
      first,
      idleTimeout: this.#idleTimeout - idleGrace,
      maxDuration: options.maxConnectionDuration - (monotonicNow() - this.#startedAt),
      onEnd: (end) => {
        exchange.bodyBytesReceived += tunnel.bytesFromClient;
        exchange.bytesSent += tunnel.bytesFromTarget;
        exchange.hasEnded = true;
        const cause = tunnelFailures[end];
        if (cause !== undefined) exchange.call?.fail(cause);
        this.#finish(exchange);
      },
    });
    this.#tunnel = tunnel;
    if (this.isEnding) tunnel.end();
  }

  setIdleTimeout(milliseconds: number): void {
    this.#idleTimeout = milliseconds + idleGrace;
  }

  wrote(canTakeMore: boolean): void {
    this.#activeAt = this.#with.clock.now;
    // The client reads slower than its response comes: the system sees what moves of the bytes on their way, this class does not.
    if (!canTakeMore) this.#socket.setTimeout(this.#idleTimeout);
  }

  cut(): void {
    this.#isOver = true;
    this.#writer.flush();
    this.#socket.destroy();
  }

  checkDeadlines(now: number): void {
    if (!this.isOld && now >= this.#lastCallAt) this.#callLast(now);
    if (now >= this.#expiresAt) this.#expire();
    else if (now >= this.#lingersUntil) this.cut();
    else this.#checkInUse(now);
  }

  /** The rest of the lifetime is counted from here, so that a process that was held up does not skip the last call. */
  #callLast(now: number): void {
    this.isOld = true;
    this.#expiresAt = now + this.#with.options.maxConnectionDuration * (1 - lastCallShare);
  }

  #checkInUse(now: number): void {
    if (this.#queue.length > 0) {
      if (now - this.#activeAt > this.#idleTimeout && !this.#socket.writableNeedDrain) this.cut();
    } else if (!this.#isOver && this.#body === undefined) this.#checkIdle(now);
  }

  #checkIdle(now: number): void {
    const { headersTimeout, keepAliveTimeout } = this.#with.options;
    if (now - this.#headSince > headersTimeout) {
      if (this.#head.isPartial) this.#sendRefusal(closingAnswer(408, "Request Timeout"));
      else this.cut();
    } else if (now - this.#activeAt > keepAliveTimeout) this.cut();
  }

  #expire(): void {
    for (const { call } of this.#queue) call?.fail("connectionTooOld");
    this.#socket.destroy();
  }
}

/** @returns whether a sink has passed on all that it was given */
function isDone(sink: BodySink | undefined): boolean {
  return sink?.holdsBody === false;
}
