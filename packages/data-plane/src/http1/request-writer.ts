import type { Socket } from "node:net";
import type { BodySink } from "../exchange.ts";
import type { CoarseClock } from "./coarse-clock.ts";
import type { TargetRequest } from "./target-request.ts";
import { TurnWriter } from "./turn-writer.ts";

/** Writes requests to a target, one at a time: the head, then the body at the target's pace. */
export class RequestWriter implements BodySink {
  /** Milliseconds of the clock: when it last had something to write, or the target took something. */
  activeAt = 0;
  /** Nothing more of the request is to come. */
  isSent = false;
  /** The body waits for a 100. */
  awaitsContinue = false;
  readonly #socket: Socket;
  readonly #clock: CoarseClock;
  readonly #writer: TurnWriter;
  #request: TargetRequest | undefined;

  constructor(socket: Socket, clock: CoarseClock) {
    this.#socket = socket;
    this.#clock = clock;
    this.#writer = new TurnWriter(socket);
  }

  /** Begins a request, once the connection is open. */
  start(request: TargetRequest): void {
    this.#request = request;
    this.activeAt = this.#clock.now;
    this.isSent = request.bodyLength === 0;
    if (this.isSent) {
      this.#writer.later(request.text);
      request.onSent();
      return;
    }
    this.awaitsContinue = request.awaitsContinue;
    this.#socket.cork();
    this.#socket.write(request.text, "latin1");
    if (!this.awaitsContinue) request.openBody(this);
    this.#socket.uncork();
  }

  /** Sends a body that has waited: the target wants it, or does not say. */
  continue(): void {
    if (!this.awaitsContinue) return;
    this.awaitsContinue = false;
    this.activeAt = this.#clock.now;
    this.#request?.openBody(this);
  }

  /** The target has answered: a body that has waited for 100 is not sent. */
  onAnswered(): void {
    this.awaitsContinue = false;
  }

  /** The request is over: what still comes of its body is dropped. */
  stop(): void {
    this.#request = undefined;
  }

  takeBody(chunk: Buffer): boolean {
    const request = this.#request;
    if (request === undefined || this.isSent) return true;
    this.activeAt = this.#clock.now;
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
    if (request === undefined || this.isSent) return;
    if (request.bodyLength === -1) this.#socket.write("0\r\n\r\n", "latin1");
    this.isSent = true;
    this.activeAt = this.#clock.now;
    request.onSent();
  }

  /** The target has taken what was written. */
  onDrain(): void {
    this.activeAt = this.#clock.now;
    this.#request?.resumeBody();
  }
}
