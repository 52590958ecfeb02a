import type { Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import { monotonicNow } from "@pergola/core";
import { openTargetSocket } from "../http1/open-target-socket.ts";
import { ReadMemory } from "../http1/read-memory.ts";
import type { TargetOrigin } from "../target-origin.ts";
import { listen, type SocketListeners } from "../tcp/socket-listeners.ts";
import type { ConnectionCounts } from "../traffic.ts";
import { errorCode } from "./frames/frame-types.ts";
import { Link, type LinkOwner } from "./link/link.ts";
import { listLimits, targetSettings, targetWindows } from "./session-options.ts";
import { SilenceWatch } from "./silence-watch.ts";
import { type StreamOwner, type StreamRequest, TargetStream } from "./target-stream.ts";

/** What becomes of a connection is its pool's to know. */
export interface SessionOwner {
  readonly now: number;
  readonly connectTimeout: number;
  /** A stream is over, or the target takes more of them: another request may have its turn. */
  onRoom(): void;
  /** The connection takes no new requests. Called once. */
  onRetired(session: TargetSession): void;
  /** It is closed for good. Called once. */
  onGone(session: TargetSession): void;
}

/** Streams at once on one connection, however many the target would take. */
const maxStreams = 256;
/** Numbers of streams are used once; a connection gives way to a new one well before there are no more. */
const lastStreamId = 2 ** 30;
/** Milliseconds for which a connection without requests is kept. */
const keptFor = 30_000;

/** A connection to a target that speaks HTTP/2. */
export class TargetSession implements StreamOwner, LinkOwner {
  error: Error | undefined = undefined;
  isConnected = false;
  /** The target has not said yet how many streams it takes. */
  isSettling = true;
  readonly #owner: SessionOwner;
  readonly #counts: ConnectionCounts;
  readonly #socket: Socket;
  readonly #link: Link;
  readonly #silence: SilenceWatch;
  readonly #memory = new ReadMemory();
  /** Has answered before: only then can a close have crossed with a request. */
  #isKept = false;
  #isRetired = false;
  #isGone = false;
  /** Was not connected in time. */
  #isOverdue = false;
  /** Streams that the target takes; one, as long as it has not said: what is too much it would refuse. */
  #room = 1;
  #usedAt: number;

  readonly #listeners: SocketListeners = {
    // Only where `onread` does not take it.
    data: (chunk) => this.#onRead(chunk),
    drain: () => this.#link.flushBlocked(),
    end: () => this.#socket.destroy(),
    error: (error) => {
      this.error = error;
    },
    close: () => this.#onClose(),
  };

  constructor(origin: TargetOrigin, counts: ConnectionCounts, owner: SessionOwner) {
    this.#owner = owner;
    this.#counts = counts;
    this.#usedAt = monotonicNow();
    this.#silence = new SilenceWatch(this.#usedAt);
    this.#socket = this.#connect(origin);
    counts.opening(this.#socket);
    const common = { limits: listLimits, settings: targetSettings, ...targetWindows };
    this.#link = new Link({ socket: this.#socket, isServer: false, ...common }, this);
    listen(this.#socket, this.#listeners);
  }

  #connect(origin: TargetOrigin): Socket {
    const onread = {
      buffer: () => this.#memory.next(),
      callback: (length: number, buffer: Uint8Array) => this.#onRead(buffer.subarray(0, length) as Buffer),
    };
    return openTargetSocket(origin, onread, () => this.#onConnect(), ["h2"]);
  }

  get now(): number {
    return this.#owner.now;
  }

  get lossOf(): StreamOwner["lossOf"] {
    if (!this.#isGone) return undefined;
    if (!this.isConnected) return "unreachable";
    return this.#isKept ? "stale" : "closed";
  }

  /** Whether another request would be on its way at once. */
  get hasRoom(): boolean {
    return !this.#isRetired && this.#link.streams.size < this.#room;
  }

  get isIdle(): boolean {
    return this.#link.streams.size === 0;
  }

  #onConnect(): void {
    this.isConnected = true;
    this.#counts.opened(this.#socket, "http2");
    const { encrypted, alpnProtocol } = this.#socket as Partial<TLSSocket>;
    if (encrypted === true && alpnProtocol !== "h2") {
      this.error = new Error("the target does not speak HTTP/2 over TLS");
      this.destroy();
      return;
    }
    for (const stream of this.#link.streams.values()) (stream as TargetStream).start();
  }

  /** @returns a stream that has still to be started */
  open(request: StreamRequest): TargetStream {
    const link = this.#link;
    link.lastOwnId = link.lastOwnId === 0 ? 1 : link.lastOwnId + 2;
    const stream = new TargetStream(link.lastOwnId, link, request, this);
    link.streams.add(stream);
    if (stream.id >= lastStreamId) this.#retire();
    return stream;
  }

  #onRead(chunk: Buffer): true {
    this.#silence.heard(this.#owner.now);
    this.#link.receive(chunk);
    return true;
  }

  onHeld(): void {
    this.#memory.isHeld = true;
  }

  onHeard(): void {
    this.#silence.answered();
    this.#isKept = true;
  }

  onOver(): void {
    this.#usedAt = this.#owner.now;
    if (this.#isRetired) this.#closeWhenIdle();
    this.#owner.onRoom();
  }

  onStream(): void {
    // Targets open none: a link that is a client's takes that for an error.
  }

  onSettings(): void {
    this.isSettling = false;
    this.#room = Math.min(this.#link.peer.maxConcurrentStreams, maxStreams);
    this.#owner.onRoom();
  }

  onPong(): void {
    // That something has come is all there is to know.
  }

  /** What is behind the last stream that it names, the target has not looked at. RFC 9113 §6.8. */
  onGoaway(last: number): void {
    this.#retire();
    for (const stream of [...this.#link.streams.values()]) {
      if (stream.id > last) stream.receiveReset(errorCode.refusedStream);
    }
  }

  onBroken(code: number): void {
    this.error ??= new Error(`the target has broken HTTP/2 (error ${code})`);
    this.#retire();
    this.#link.breakStreams(errorCode.internal);
    this.#link.output.end();
  }

  /** No new requests; those that are there may finish. */
  #retire(): void {
    if (this.#isRetired) return;
    this.#isRetired = true;
    this.#owner.onRetired(this);
    this.#closeWhenIdle();
  }

  #closeWhenIdle(): void {
    if (!this.isIdle || this.#isGone || this.#link.isBroken) return;
    this.#link.isBroken = true;
    this.#link.sendGoaway(0, errorCode.none);
    this.#link.output.end();
  }

  #onClose(): void {
    this.#memory.release();
    this.#isGone = true;
    this.#link.isBroken = true;
    this.#retire();
    if (this.isConnected) this.#counts.closed(this.#socket);
    else this.#counts.failed(this.#socket, this.#isOverdue);
    this.#link.breakStreams(errorCode.cancel);
    this.#owner.onGone(this);
  }

  /** Closes the connection; requests on it fail. */
  destroy(): void {
    this.#retire();
    this.#socket.destroy();
  }

  checkDeadlines(now: number): void {
    if (!this.isConnected) {
      if (now - this.#usedAt <= this.#owner.connectTimeout) return;
      this.#isOverdue = true;
      this.destroy();
    } else if (this.isIdle) {
      const rest = now - this.#usedAt;
      if (rest > 2 * keptFor) this.#socket.destroy();
      else if (rest > keptFor) this.#retire();
    } else this.#checkInUse(now);
  }

  #checkInUse(now: number): void {
    for (const stream of [...this.#link.streams.values()] as TargetStream[]) {
      if (!stream.isLate(now)) continue;
      // Nothing at all has come since: the target may be gone without a word, and others must not wait for it as well.
      if (this.#silence.heardAt <= stream.startedAt) this.#retire();
      stream.fail("timeout");
    }
    if (this.isIdle) return;
    const due = this.#silence.due(now);
    if (due === "ping") this.#link.sendPing();
    else if (due === "close") {
      this.error = new Error("the target does not answer a ping");
      this.destroy();
    }
  }
}
