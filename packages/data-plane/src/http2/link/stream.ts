import { defaultFrameSize, errorCode, maxWindow } from "../frames/frame-types.ts";
import type { HeaderDecoder } from "../hpack/header-decoder.ts";
import type { Link } from "./link.ts";

/**
 * One stream of a connection: what it may send, what it may receive, and which of its sides have ended. RFC 9113 §5. What its messages
 * mean is for those who extend it.
 */
export abstract class Stream {
  readonly id: number;
  /** The other side has sent END_STREAM. */
  isRemoteEnded = false;
  /** This side has: it is among what leaves next. */
  isLocalEnded = false;
  /** Either side has broken it off, or the connection is gone. */
  isReset = false;
  protected readonly link: Link;
  #sendWindow: number;
  /** What the other side may still send, as it knows. */
  #receiveWindow: number;
  /** Bytes that have been read and that it does not know it may send again. */
  #owed = 0;
  /** Bytes that will be read some time. */
  #unread = 0;
  /** What waits for room: memory of whoever wrote it. */
  #queue: Uint8Array[] | undefined = undefined;
  #endsBehindQueue = false;
  #trailers: readonly string[] | undefined = undefined;

  constructor(id: number, link: Link) {
    this.id = id;
    this.link = link;
    this.#sendWindow = link.peer.initialWindowSize;
    this.#receiveWindow = link.streamWindow;
  }

  /** A message's head, or trailers, has come. @param block valid during the call */
  abstract takeHeaders(block: HeaderDecoder, endStream: boolean): void;
  /** @returns false when its reader has enough: `readMore` says that it can go on */
  protected abstract takeData(chunk: Buffer, endStream: boolean): boolean;
  /** The other side has broken it off, or has made this side do so, or the connection is gone. */
  protected abstract onBroken(code: number): void;
  /** There is room again after `send` said that there is none. */
  protected abstract onDrained(): void;
  /** What had to wait has left, and with it the end of the message. */
  protected abstract onQueueEnded(): void;

  /** Whether the stream takes part in nothing any more. */
  get isOver(): boolean {
    return this.isReset || (this.isLocalEnded && this.isRemoteEnded);
  }

  /** Whether memory that was given to `send` is still in use. */
  get holdsSent(): boolean {
    return this.#queue !== undefined;
  }

  /** Whether something has come that its reader has no room for. */
  protected get hasUnread(): boolean {
    return this.#unread > 0;
  }

  /** For the connection. @param flow bytes that count, padding among them; @param chunk the others */
  receive(chunk: Buffer, flow: number, endStream: boolean): void {
    this.#receiveWindow -= flow;
    if (this.#receiveWindow < 0) {
      this.link.breakOff(errorCode.flowControl);
      return;
    }
    if (endStream) this.#endRemote();
    this.#owed += flow - chunk.length;
    if (this.takeData(chunk, endStream)) this.#owed += chunk.length;
    else this.#unread += chunk.length;
    this.#giveCredit();
  }

  /** For the connection. */
  receiveHeaders(block: HeaderDecoder, endStream: boolean): void {
    if (endStream) this.#endRemote();
    this.takeHeaders(block, endStream);
  }

  /** For the connection: the other side, or its end, ends the stream. */
  receiveReset(code: number): void {
    if (this.isReset) return;
    this.isReset = true;
    this.#leave();
    this.onBroken(code);
  }

  /** For the connection. @returns false when the window is larger than any may be */
  widen(bytes: number): boolean {
    this.#sendWindow += bytes;
    return this.#sendWindow <= maxWindow;
  }

  /** What has come is read, and more may come. */
  protected readMore(): void {
    this.#owed += this.#unread;
    this.#unread = 0;
    this.#giveCredit();
  }

  #giveCredit(): void {
    if (this.isRemoteEnded || this.isReset || this.#owed < this.link.streamWindow / 2) return;
    this.#receiveWindow += this.#owed;
    this.link.giveCredit(this.id, this.#owed);
    this.#owed = 0;
  }

  /** Sends a message's head. */
  protected sendHeaders(status: number, fields: readonly string[], endStream: boolean): void {
    this.link.output.headers(this.id, status, fields, endStream);
    if (endStream) this.#endLocal();
  }

  /**
   * Sends a part of a message's body, or keeps it until it may be sent.
   * @returns false when the other side is slow: `onDrained` says that there is room again
   */
  protected send(chunk: Uint8Array, endStream: boolean): boolean {
    if (this.#queue === undefined) {
      const sent = this.#sendNow(chunk, endStream);
      if (sent === chunk.length) return this.isLocalEnded || this.link.output.canTakeMore || this.#wait();
      this.#queue = [sent === 0 ? chunk : chunk.subarray(sent)];
      this.link.blocked.add(this);
    } else if (chunk.length > 0) this.#queue.push(chunk);
    this.#endsBehindQueue = endStream;
    return false;
  }

  /** With nothing to send: hears of it when the connection can take more. */
  #wait(): boolean {
    this.link.blocked.add(this);
    return false;
  }

  /** Ends the message with trailers, behind what waits. */
  protected sendTrailers(fields: readonly string[]): void {
    if (this.#queue === undefined) this.sendHeaders(0, fields, true);
    else this.#trailers = fields;
  }

  /** Whether `endStream` or trailers wait behind a body. */
  protected get isEnding(): boolean {
    return this.#endsBehindQueue || this.#trailers !== undefined;
  }

  /** For the connection: sends what may be sent by now. */
  flush(): void {
    const queue = this.#queue ?? [];
    for (let next = queue[0]; next !== undefined; next = queue[0]) {
      const sent = this.#sendNow(next, queue.length === 1 && this.#endsBehindQueue);
      if (sent < next.length) {
        queue[0] = next.subarray(sent);
        return;
      }
      queue.shift();
    }
    this.#queue = undefined;
    this.link.blocked.delete(this);
    if (this.#trailers !== undefined) this.sendHeaders(0, this.#trailers, true);
    if (this.isLocalEnded) this.onQueueEnded();
    else this.onDrained();
  }

  /** @returns how many bytes of it have left */
  #sendNow(chunk: Uint8Array, endStream: boolean): number {
    const { link } = this;
    const { length } = chunk;
    let at = 0;
    while (at < length && link.output.canTakeMore) {
      const size = Math.min(length - at, defaultFrameSize, this.#sendWindow, link.sendWindow);
      if (size <= 0) return at;
      const isEnd = endStream && at + size === length;
      link.output.data(this.id, chunk, at, at + size, isEnd);
      link.earn();
      this.#sendWindow -= size;
      link.sendWindow -= size;
      at += size;
      if (isEnd) this.#endLocal();
    }
    if (length === 0 && endStream) {
      link.output.data(this.id, chunk, 0, 0, true);
      this.#endLocal();
    }
    return at;
  }

  /** Breaks it off from here. */
  protected reset(code: number): void {
    if (this.isOver) return;
    this.isReset = true;
    this.link.sendReset(this.id, code, !this.isRemoteEnded);
    this.#leave();
  }

  #endRemote(): void {
    this.isRemoteEnded = true;
    if (this.isLocalEnded) this.#leave();
  }

  #endLocal(): void {
    this.isLocalEnded = true;
    if (this.isRemoteEnded) this.#leave();
  }

  #leave(): void {
    this.#queue = undefined;
    this.#trailers = undefined;
    this.link.forget(this);
  }
}
