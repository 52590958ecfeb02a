import type { Socket } from "node:net";
import type { Readable } from "node:stream";
import type { RequestHead } from "@pergola/core";
import type { Call } from "../call.ts";
import type { BodySink, ClientConnection, Exchange, ExchangeWatcher } from "../exchange.ts";
import { BodyStream } from "./body-stream.ts";
import type { HeaderSection } from "./header-section.ts";
import type { OrderedOutput } from "./ordered-output.ts";
import type { RequestStart } from "./request-head.ts";
import { interimResponse, linesOf, type ResponseFraming, responseStart } from "./response-text.ts";

/** What an exchange needs of its connection. */
export interface ExchangeHost {
  readonly client: ClientConnection;
  /** The response at hand is the last. */
  readonly isEnding: boolean;
  /** The response at hand is its last. */
  readonly isOld: boolean;
  /** The body has a sink from now on. */
  bodyOpened(exchange: Http1Exchange): void;
  resumeBody(exchange: Http1Exchange): void;
  responseEnded(exchange: Http1Exchange): void;
  setIdleTimeout(milliseconds: number): void;
  /** Something has been written in the response's turn. */
  wrote(canTakeMore: boolean): void;
  cut(): void;
  openTunnel(exchange: Http1Exchange, target: Socket): void;
}

/** Up to this size a piece of body leaves in one text with what is before it; copying it costs less than a second buffer. */
const smallPiece = 4 * 1024;

/** An exchange over this package's own HTTP/1.1 connection. */
export class Http1Exchange implements Exchange {
  readonly head: RequestHead;
  readonly section: HeaderSection;
  readonly connection: ClientConnection;
  readonly contentLength: number;
  readonly isSafe: boolean;
  readonly upgrade: readonly string[] | undefined;
  readonly awaitsContinue: boolean;
  bodyBytesReceived = 0;
  bytesSent = 0;
  responded = false;
  isClientGone = false;
  watcher: ExchangeWatcher | undefined = undefined;
  /** Set by the connection once the pipeline has given it. */
  call: Call | undefined = undefined;
  /** Nothing more is to be sent. */
  hasEnded = false;
  /** The response has been sent, or never will be. */
  isFinished = false;
  isLast: boolean;
  isBodyComplete: boolean;
  sink: BodySink | undefined = undefined;
  readonly output: OrderedOutput;
  readonly #host: ExchangeHost;
  /** The response's head, until it leaves with what comes first. */
  #start = "";
  #framing: ResponseFraming = "none";
  #left = 0;

  constructor(start: RequestStart, host: ExchangeHost, output: OrderedOutput) {
    this.head = start.head;
    this.section = start.section;
    this.contentLength = start.contentLength;
    this.isBodyComplete = start.contentLength === 0;
    this.isLast = start.isLast;
    this.isSafe = start.isSafe;
    this.upgrade = start.upgrade;
    this.awaitsContinue = start.expects !== undefined && start.contentLength !== 0;
    this.connection = host.client;
    this.#host = host;
    this.output = output;
  }

  openBody(): Readable {
    const stream = new BodyStream(this);
    this.relayBody(stream);
    return stream;
  }

  relayBody(sink: BodySink): void {
    this.sink = sink;
    if (this.awaitsContinue && !this.responded) this.output.writeText("HTTP/1.1 100 Continue\r\n\r\n");
    this.#host.bodyOpened(this);
  }

  resumeBody(): void {
    this.#host.resumeBody(this);
  }

  get holdsWritten(): boolean {
    return this.output.holdsWritten;
  }

  inform(status: number, rawHeaders: readonly string[]): void {
    if (this.responded || this.hasEnded || this.head.protocol === "HTTP/1.0") return;
    this.#writeText(interimResponse(status, rawHeaders));
  }

  openTunnel(rawHeaders: readonly string[], target: Socket, first: Buffer): void {
    if (this.responded || this.hasEnded) {
      target.destroy();
      return;
    }
    this.responded = true;
    this.#writeText(interimResponse(101, rawHeaders));
    if (first.length > 0) {
      this.bytesSent += first.length;
      this.output.writeBytes(first);
    }
    this.#host.openTunnel(this, target);
  }

  #writeText(text: string): void {
    this.bytesSent += text.length;
    this.output.writeText(text);
  }

  respond(status: number, rawHeaders: string[]): void {
    if (this.responded || this.hasEnded) return;
    const { lines, length, hasDate } = linesOf(rawHeaders);
    this.respondLines(status, lines, length, hasDate);
  }

  respondLines(status: number, lines: string, length: number, hasDate: boolean): void {
    if (this.responded || this.hasEnded) return;
    this.responded = true;
    // A client that still waits for 100 may send the body after all or not: the connection cannot be used again.
    if (this.#host.isEnding || this.#host.isOld || (this.awaitsContinue && !this.isBodyComplete)) this.isLast = true;
    const { method, protocol } = this.head;
    const frame = { isHead: method === "HEAD", isOld: protocol === "HTTP/1.0", isLast: this.isLast };
    const start = responseStart(status, lines, length, hasDate, frame);
    if (start.framing === "until-close") this.isLast = true;
    this.#start = start.text;
    this.#framing = start.framing;
    this.#left = start.length;
    this.bytesSent += start.text.length;
  }

  write(chunk: Uint8Array): boolean {
    if (this.hasEnded || this.output.isDestroyed) return true;
    const canTakeMore = this.#send(chunk);
    if (this.output.hasTurn) this.#host.wrote(canTakeMore);
    return canTakeMore;
  }

  endText(text: string): void {
    if (this.hasEnded || this.output.isDestroyed) return;
    if (this.#framing !== "counted" || text.length !== this.#left) {
      this.end(Buffer.from(text, "latin1"));
      return;
    }
    this.#left = 0;
    this.bytesSent += text.length;
    this.#start += text;
    this.#sendStart();
    this.#finish();
  }

  end(chunk?: Uint8Array): void {
    if (this.hasEnded || this.output.isDestroyed) return;
    const isChunked = this.#framing === "chunked";
    const isHeld = isChunked && chunk !== undefined && chunk.length > smallPiece;
    if (isHeld) this.output.hold();
    if (chunk !== undefined && chunk.length > 0) this.#send(chunk);
    if (this.#left !== 0) {
      // Fewer bytes than announced: the client must not wait for them in the next response.
      this.cut();
      return;
    }
    if (isChunked) this.#start += "0\r\n\r\n";
    this.#sendStart();
    if (isHeld) this.output.release();
    this.#finish();
  }

  #finish(): void {
    this.hasEnded = true;
    if (this.output.hasTurn) this.#host.responseEnded(this);
  }

  cut(): void {
    this.#host.cut();
  }

  setIdleTimeout(milliseconds: number): void {
    this.#host.setIdleTimeout(milliseconds);
  }

  /** For the connection: nobody is there any more for the response. */
  clientIsGone(): void {
    this.isClientGone = true;
    this.sink?.breakBody?.();
    this.watcher?.onClientGone();
  }

  /** The responses before this one are over. */
  takeTurn(): void {
    this.output.takeTurn();
    if (this.hasEnded) this.#host.responseEnded(this);
    else this.watcher?.onDrain?.();
  }

  #send(chunk: Uint8Array): boolean {
    const { length } = chunk;
    if (this.#framing === "none" || length === 0) return this.#sendStart();
    if (this.#framing === "counted") {
      if (length > this.#left) {
        this.cut();
        return true;
      }
      this.#left -= length;
    }
    this.bytesSent += length;
    const isChunked = this.#framing === "chunked";
    const before = isChunked ? `${this.#start}${length.toString(16)}\r\n` : this.#start;
    const after = isChunked ? "\r\n" : "";
    this.#start = "";
    if (before === "") return this.output.writeBytes(chunk);
    if (length <= smallPiece) return this.output.writeText(before + latin1(chunk) + after);
    this.output.hold();
    this.output.writeText(before);
    let canTakeMore = this.output.writeBytes(chunk);
    if (after !== "") canTakeMore = this.output.writeText(after);
    this.output.release();
    return canTakeMore;
  }

  #sendStart(): boolean {
    if (this.#start === "") return true;
    const text = this.#start;
    this.#start = "";
    return this.output.writeText(text);
  }
}

function latin1(bytes: Uint8Array): string {
  const buffer = Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  return buffer.toString("latin1");
}
