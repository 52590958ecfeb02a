import { type IncomingMessage, type ServerResponse, STATUS_CODES } from "node:http";
import type { Socket } from "node:net";
import type { Readable } from "node:stream";
import type { RequestHead } from "@pergola/core";
import type { ClientConnection, Exchange } from "../exchange.ts";
import { lineLength } from "../head-size.ts";
import { ClientBody } from "./client-body.ts";
import type { OpenConnection } from "./open-connection.ts";
import type { ReadHead } from "./read-head.ts";

/** Milliseconds for which an upload that nobody reads any more may go on after its answer, so that the answer gets through. */
const lingerTime = 5_000;
/** A client that neither reads nor sends is cut off a little later than a target that does not answer: the target's 504 comes first. */
const idleGrace = 5_000;

interface NodeExchangeParts {
  readonly client: OpenConnection;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly awaitsContinue: boolean;
}

/** An exchange over node:http. */
export class NodeExchange implements Exchange {
  readonly head: RequestHead;
  readonly connection: ClientConnection;
  readonly contentLength: number;
  bodyBytesReceived = 0;
  bytesSent = 0;
  isClientGone = false;
  onDrain: (() => void) | undefined = undefined;
  onClientGone: (() => void) | undefined = undefined;
  readonly #client: OpenConnection;
  readonly #request: IncomingMessage;
  readonly #response: ServerResponse;
  readonly #awaitsContinue: boolean;
  #body: ClientBody | undefined = undefined;

  constructor({ head, contentLength }: ReadHead, { client, request, response, awaitsContinue }: NodeExchangeParts) {
    this.head = head;
    this.connection = client.client;
    this.contentLength = contentLength;
    this.#client = client;
    this.#request = request;
    this.#response = response;
    this.#awaitsContinue = awaitsContinue;
  }

  get responded(): boolean {
    return this.#response.headersSent;
  }

  get isBodyComplete(): boolean {
    return this.#request.complete;
  }

  openBody(): Readable {
    if (this.#awaitsContinue) this.#response.writeContinue();
    this.#request.on("data", this.#countBody);
    this.#body = new ClientBody(this.#request);
    return this.#body;
  }

  respond(status: number, rawHeaders: string[]): void {
    if (this.responded || this.#response.destroyed) return;
    // A client that still waits for 100 may send the body after all or not: the connection cannot be used again.
    if (this.#client.isEnding || (this.#awaitsContinue && !this.#request.complete))
      rawHeaders.push("connection", "close");
    this.bytesSent += "HTTP/1.1 200 \r\n".length + (STATUS_CODES[status]?.length ?? 0) + lineLength(rawHeaders);
    this.#response.writeHead(status, rawHeaders);
  }

  write(chunk: Uint8Array): boolean {
    if (this.#response.destroyed) return true;
    if (this.head.method === "HEAD") return true;
    this.bytesSent += chunk.length;
    if (this.#response.write(chunk)) return true;
    this.#response.once("drain", this.#drained);
    return false;
  }

  end(chunk?: Uint8Array): void {
    if (this.#response.destroyed) return;
    if (chunk !== undefined && this.head.method !== "HEAD") this.bytesSent += chunk.length;
    this.#response.end(chunk);
    if (this.contentLength !== 0 && !this.#request.complete) this.#linger(this.#request.socket);
  }

  cut(): void {
    this.#request.socket.destroy();
  }

  setIdleTimeout(milliseconds: number): void {
    const { socket } = this.#request;
    if (socket.timeout !== milliseconds + idleGrace) socket.setTimeout(milliseconds + idleGrace);
  }

  /** To be called by the host once the response is over. */
  closed(): void {
    if (this.#response.writableFinished) return;
    this.isClientGone = true;
    this.onClientGone?.();
  }

  readonly #countBody = (chunk: Buffer): void => {
    this.bodyBytesReceived += chunk.length;
  };
  readonly #drained = (): void => this.onDrain?.();

  #linger(socket: Socket): void {
    if (this.#body === undefined) this.#request.resume();
    else this.#body.destroy();
    const timer = setTimeout(() => socket.destroy(), lingerTime);
    const stop = (): void => clearTimeout(timer);
    this.#request.once("end", stop);
    socket.once("close", stop);
  }
}
