import type { Call } from "../call.ts";
import type { Exchange, ExchangeWatcher } from "../exchange.ts";
import { lineLength } from "../head-size.ts";
import { idleGrace } from "../http1/client-deadlines.ts";
import { currentDate } from "../http1/date-line.ts";
import { trait } from "../http1/known-name.ts";
import { errorCode } from "./frames/frame-types.ts";
import { announcedLength, areSound, traitsOf } from "./header-fields.ts";
import { IncomingRequest, type RequestHost } from "./incoming-request.ts";
import type { Link } from "./link/link.ts";
import type { Http2RequestHead } from "./request-head.ts";

/** What an exchange needs of its connection. */
export interface StreamHost extends RequestHost {
  /** Milliseconds in which nothing may move. */
  readonly idleTimeout: number;
  /** It is over: answered in full, or broken off. Called once. */
  onOver(exchange: Http2Exchange): void;
}

/** Beyond it there is no status. RFC 9110 §15. */
const maxStatus = 599;

/** An exchange over one stream of an HTTP/2 connection: the request, and the response as it goes out. */
export class Http2Exchange extends IncomingRequest<StreamHost> implements Exchange {
  bytesSent = 0;
  isClientGone = false;
  watcher: ExchangeWatcher | undefined = undefined;
  /** Set by the connection once the pipeline has given it. */
  call: Call | undefined = undefined;
  /** Whether the client is to blame for its end. */
  isAbandoned = false;
  /** The response's head, until it leaves with what comes first. */
  #fields: string[] | undefined = undefined;
  #status = 0;
  /** Bytes of body that are still to come; -1 where nobody has counted them. */
  #left = -1;
  #isBodyless = false;
  #mayHaveTrailers = false;
  #hasEnded = false;
  #idleTimeout: number;

  /** @param isBodyless whether the request's head ends its stream */
  constructor(id: number, link: Link, read: Http2RequestHead, isBodyless: boolean, host: StreamHost) {
    super(id, link, read, isBodyless, host);
    this.#idleTimeout = host.idleTimeout;
  }

  protected onBroken(): void {
    this.isAbandoned = true;
    this.#loseClient();
    this.host.onOver(this);
  }

  #loseClient(): void {
    if (this.isClientGone) return;
    this.isClientGone = true;
    this.dropBody()?.breakBody?.();
    this.watcher?.onClientGone();
  }

  /** Whether memory that was written may still be read. */
  get holdsWritten(): boolean {
    return this.holdsSent;
  }

  inform(status: number, rawHeaders: readonly string[]): void {
    if (this.responded || this.#isOver || !areSound(rawHeaders)) return;
    this.bytesSent += lineLength(rawHeaders);
    this.sendHeaders(status, rawHeaders, false);
  }

  respond(status: number, rawHeaders: string[], hasTrailers = false): void {
    if (this.responded || this.#isOver) return;
    this.responded = true;
    const traits = traitsOf(rawHeaders);
    if (status > maxStatus || traits === undefined) {
      this.cut();
      return;
    }
    this.bytesSent += lineLength(rawHeaders);
    this.#isBodyless = this.head.method === "HEAD" || status === 204 || status === 304;
    this.#left = this.#isBodyless ? 0 : announcedLength(rawHeaders, traits);
    this.#mayHaveTrailers = hasTrailers && !this.#isBodyless;
    if ((traits & trait.date) === 0) rawHeaders.push("date", currentDate());
    this.#status = status;
    this.#fields = rawHeaders;
  }

  write(chunk: Uint8Array): boolean {
    if (this.#isOver) return true;
    // Without a body the head ends the stream, and leaves with `end`.
    if (this.#isBodyless || !this.#count(chunk)) return true;
    this.#sendHead(false);
    return chunk.length === 0 || this.send(chunk, false);
  }

  end(chunk: Uint8Array = empty): void {
    if (this.#isOver) return;
    const hasBody = chunk.length > 0 && !this.#isBodyless;
    if (hasBody && !this.#count(chunk)) return;
    if (this.#left > 0) {
      // Fewer bytes than announced: the client must not take them for the whole.
      this.cut();
      return;
    }
    this.#hasEnded = true;
    const hasHead = this.#fields !== undefined;
    this.#sendHead(!hasBody);
    if (hasBody || !hasHead) this.send(hasBody ? chunk : empty, true);
    this.#onEnded();
  }

  endWithTrailers(trailers: readonly string[]): void {
    if (this.#isOver || !this.#mayHaveTrailers || this.#left > 0 || !areSound(trailers)) {
      this.end();
      return;
    }
    this.bytesSent += lineLength(trailers);
    this.#hasEnded = true;
    this.#sendHead(false);
    this.sendTrailers(trailers);
    this.#onEnded();
  }

  /** The response is complete: with the system, or in the queue behind a slow client. */
  #onEnded(): void {
    if (!this.isLocalEnded) return;
    // Nobody reads the rest of an upload whose answer has been sent. RFC 9113 §8.1.
    if (!this.isRemoteEnded) this.reset(errorCode.none);
    this.dropBody();
    this.host.onOver(this);
  }

  protected onDrained(): void {
    this.activeAt = this.host.now;
    this.watcher?.onDrain?.();
  }

  protected onQueueEnded(): void {
    this.#onEnded();
  }

  /** Whether nothing more can be said. */
  get #isOver(): boolean {
    return this.#hasEnded || this.isReset;
  }

  /** @returns false when the piece is more than was announced, and the stream has been cut */
  #count(chunk: Uint8Array): boolean {
    this.activeAt = this.host.now;
    if (this.#left !== -1) {
      if (chunk.length > this.#left) {
        this.cut();
        return false;
      }
      this.#left -= chunk.length;
    }
    this.bytesSent += chunk.length;
    return true;
  }

  #sendHead(endStream: boolean): void {
    const fields = this.#fields;
    if (fields === undefined) return;
    this.#fields = undefined;
    this.sendHeaders(this.#status, fields, endStream);
  }

  cut(): void {
    this.#breakOff(errorCode.internal);
  }

  /** Whoever has made it break off hears of it later, when it is done with what it was doing. */
  #breakOff(code: number): void {
    if (this.isOver) return;
    this.reset(code);
    this.host.onOver(this);
  }

  setIdleTimeout(milliseconds: number): void {
    this.#idleTimeout = milliseconds + idleGrace;
  }

  override flush(): void {
    this.activeAt = this.host.now;
    super.flush();
  }

  /**
   * For the connection: resets a stream on which nothing has moved for too long.
   * @returns false when that does not help: its response is complete, and the client does not read
   */
  checkIdle(now: number): boolean {
    if (now - this.activeAt <= this.#idleTimeout) return true;
    if (this.isOver) return false;
    this.#breakOff(errorCode.cancel);
    return true;
  }

  /** For the connection: all that was sent has left, or never will. @param isSent whether it has */
  settle(isSent: boolean): void {
    if (!isSent || this.isReset) this.#loseClient();
  }
}

const empty = Buffer.alloc(0);
