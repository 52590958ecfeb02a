import { type ClientHttp2Session, type ClientSessionOptions, connect } from "node:http2";
import { connect as connectTcp, type Socket } from "node:net";
import { connect as connectTls, type TLSSocket } from "node:tls";
import { monotonicNow } from "@pergola/core";
import { maxHead } from "../http1/grammar.ts";
import type { TargetOrigin } from "../target-origin.ts";
import type { ConnectionCounts } from "../traffic.ts";
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
/** Bytes that targets may have under way on all streams of a connection, and on one of them. */
const connectionWindow = 4 * 1024 * 1024;
const streamWindow = 256 * 1024;
/** Milliseconds for which a connection without requests is kept. */
const keptFor = 30_000;

const options: ClientSessionOptions & { readonly strictSingleValueFields: boolean } = {
  settings: { enablePush: false, initialWindowSize: streamWindow, maxHeaderListSize: maxHead + 256 * 32 },
  maxHeaderListPairs: 256,
  maxReservedRemoteStreams: 0,
  maxSessionMemory: 64,
  strictSingleValueFields: false,
};

/** A connection to a target that speaks HTTP/2. */
export class TargetSession implements StreamOwner {
  error: Error | undefined = undefined;
  /** The target has not said yet how many streams it takes. */
  isSettling = true;
  lastProcessed = Number.POSITIVE_INFINITY;
  readonly #owner: SessionOwner;
  readonly #counts: ConnectionCounts;
  readonly #socket: Socket;
  readonly #session: ClientHttp2Session;
  readonly #streams = new Set<TargetStream>();
  #isConnected = false;
  /** Has answered before: only then can a close have crossed with a request. */
  #isKept = false;
  #isRetired = false;
  /** Was not connected in time. */
  #isOverdue = false;
  /** Streams that the target takes; one, as long as it has not said: what is too much it would refuse. */
  #room = 1;
  #heardAt: number;
  #usedAt: number;

  constructor(origin: TargetOrigin, counts: ConnectionCounts, owner: SessionOwner) {
    this.#owner = owner;
    this.#counts = counts;
    this.#heardAt = monotonicNow();
    this.#usedAt = this.#heardAt;
    this.#socket = openSocket(origin);
    counts.opening(this.#socket);
    this.#socket.on("error", (error) => {
      this.error = error;
    });
    this.#session = connect("http://target", { ...options, createConnection: () => this.#socket });
    this.#session.on("connect", () => this.#onConnect());
    this.#session.on("remoteSettings", ({ maxConcurrentStreams = maxStreams }) => {
      this.isSettling = false;
      this.#room = Math.min(maxConcurrentStreams, maxStreams);
      owner.onRoom();
    });
    this.#session.on("goaway", (_code, lastStreamId) => this.#onGoaway(lastStreamId));
    this.#session.on("error", (error) => {
      this.error ??= error;
    });
    this.#session.on("close", () => this.#onClose());
  }

  get now(): number {
    return this.#owner.now;
  }

  get lossOf(): StreamOwner["lossOf"] {
    if (!this.#session.destroyed && !this.#socket.destroyed) return undefined;
    if (!this.#isConnected) return "unreachable";
    return this.#isKept ? "stale" : "closed";
  }

  /** Whether another request would be on its way at once. */
  get hasRoom(): boolean {
    return !this.#isRetired && !this.#session.closed && !this.#session.destroyed && this.#streams.size < this.#room;
  }

  get isIdle(): boolean {
    return this.#streams.size === 0;
  }

  #onConnect(): void {
    if (this.#session.destroyed) return;
    this.#isConnected = true;
    this.#counts.opened(this.#socket, "http2");
    const { encrypted, alpnProtocol } = this.#socket as Partial<TLSSocket>;
    if (encrypted === true && alpnProtocol !== "h2") {
      this.error = new Error("the target does not speak HTTP/2 over TLS");
      this.destroy();
    } else this.#session.setLocalWindowSize(connectionWindow);
  }

  /** @returns a stream that has still to be started */
  open(request: StreamRequest): TargetStream {
    const stream = new TargetStream(this.#session, request, this);
    this.#streams.add(stream);
    return stream;
  }

  onHeard(): void {
    this.#heardAt = this.#owner.now;
    this.#isKept = true;
  }

  onOver(stream: TargetStream): void {
    this.#streams.delete(stream);
    this.#usedAt = this.#owner.now;
    if (this.#isRetired && this.isIdle) this.#session.close();
    this.#owner.onRoom();
  }

  #onGoaway(lastStreamId: number): void {
    this.lastProcessed = lastStreamId;
    this.#retire();
  }

  /** No new requests; those that are there may finish. */
  #retire(): void {
    if (this.#isRetired) return;
    this.#isRetired = true;
    this.#owner.onRetired(this);
    if (this.isIdle) this.#session.close();
  }

  #onClose(): void {
    this.#retire();
    this.#socket.destroy();
    if (this.#isConnected) this.#counts.closed(this.#socket);
    else this.#counts.failed(this.#socket, this.#isOverdue);
    this.#owner.onGone(this);
  }

  /** Closes the connection; requests on it fail. */
  destroy(): void {
    this.#retire();
    this.#socket.destroy();
  }

  checkDeadlines(now: number): void {
    if (!this.#isConnected && now - this.#usedAt > this.#owner.connectTimeout) {
      this.#isOverdue = true;
      this.destroy();
    } else if (this.isIdle) {
      if (now - this.#usedAt > keptFor) this.#retire();
    } else this.#checkStreams(now);
  }

  #checkStreams(now: number): void {
    for (const stream of this.#streams) {
      if (!stream.isLate(now)) continue;
      // Nothing at all has come since: the target may be gone without a word, and others must not wait for it as well.
      if (this.#heardAt <= stream.startedAt) this.#retire();
      stream.fail("timeout");
    }
  }
}

function openSocket({ host, port, serverName }: TargetOrigin): Socket {
  const address = { host, port, noDelay: true };
  if (serverName === undefined) return connectTcp(address);
  // Target certificates are not validated. Source: VPC Lattice user guide, target groups, read 2026-11.
  return connectTls({ ...address, servername: serverName, rejectUnauthorized: false, ALPNProtocols: ["h2"] });
}
