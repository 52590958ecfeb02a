import type { Socket } from "node:net";
import { monotonicNow } from "@pergola/core";
import type { ClientConnection } from "../exchange.ts";
import { afterLastCall, untilLastCall } from "../http/lifetime.ts";
import type { ConnectionParts } from "../http1/client-connection.ts";
import type { Timed } from "../http1/coarse-clock.ts";
import { errorCode, maxStreamId } from "./frames/frame-types.ts";
import type { HeaderDecoder } from "./hpack/header-decoder.ts";
import type { Http2Exchange } from "./http2-exchange.ts";
import { Link, type LinkOwner } from "./link/link.ts";
import { clientSettings, clientWindows, listLimits } from "./session-options.ts";

/** Milliseconds for a client to close its side. */
const lingerTime = 2_000;
/** Milliseconds for what a client has sent before it could know that no more is wanted, where it does not answer a ping. */
const crossingTime = 1_000;

const never = Number.POSITIVE_INFINITY;

/** A client's HTTP/2 connection from its beginning to its end; what comes on it is for those who extend it. */
export abstract class ConnectionLife implements LinkOwner, Timed {
  readonly client: ClientConnection;
  protected readonly socket: Socket;
  protected readonly link: Link;
  protected readonly with: ConnectionParts;
  /** Since when there is no stream. */
  protected idleSince: number;
  /** No more streams are taken. */
  protected isLast = false;
  /** Whether the client has been told that the connection will end, and until when streams are taken that cross with that. */
  #crossingUntil = never;
  #lingersUntil = never;
  readonly #lastCallAt: number;
  #expiresAt = never;

  constructor(socket: Socket, client: ClientConnection, parts: ConnectionParts) {
    const { clock, options } = parts;
    this.client = client;
    this.socket = socket;
    this.with = parts;
    const now = monotonicNow();
    this.idleSince = now;
    this.#lastCallAt = now + untilLastCall(options.maxConnectionDuration);
    const settings = clientSettings(options.maxConcurrentStreams);
    this.link = new Link({ socket, isServer: true, limits: listLimits, settings, ...clientWindows }, this);
    clock.add(this);
  }

  abstract onStream(streamId: number, block: HeaderDecoder, endStream: boolean): void;
  /** Whether nothing is being answered. */
  protected abstract get isIdle(): boolean;
  /** Those that are not over, or whose end has not left. */
  protected abstract get exchanges(): readonly Http2Exchange[];

  get idleTimeout(): number {
    return this.with.options.keepAliveTimeout;
  }

  /**
   * Tells the client that the connection will end, serves what crosses with that, and closes when the last stream is over. A request
   * that is on its way is not lost. RFC 9113 §6.8.
   */
  end(): void {
    if (this.#crossingUntil !== never || this.link.isBroken) return;
    this.#crossingUntil = monotonicNow() + crossingTime;
    this.link.sendGoaway(maxStreamId, errorCode.none);
    this.link.sendPing();
  }

  /** The answer comes behind all that the client has sent before it knew. */
  onPong(): void {
    if (this.#crossingUntil !== never) this.#takeNoMore();
  }

  #takeNoMore(): void {
    if (this.isLast) return;
    this.isLast = true;
    this.link.sendGoaway(this.link.lastPeerId, errorCode.none);
    if (this.isIdle) this.close();
  }

  onSettings(): void {
    // What they say is the link's to keep.
  }

  onGoaway(): void {
    // A client that opens no more streams goes when its last one is over.
  }

  onBroken(code: number): void {
    this.with.metrics.malformed += 1;
    this.cut(code);
  }

  /** Ends the connection at once; responses that are not complete do not look as if they were. */
  protected cut(code: number): void {
    if (!this.link.isBroken) {
      this.link.isBroken = true;
      this.link.sendGoaway(this.link.lastPeerId, code);
    }
    this.link.breakStreams(code);
    this.close();
  }

  protected close(): void {
    if (this.#lingersUntil !== never) return;
    this.#lingersUntil = monotonicNow() + lingerTime;
    this.link.output.end();
  }

  checkDeadlines(now: number): void {
    if (now >= this.#expiresAt) this.#expire();
    else if (now >= this.#lingersUntil) this.socket.destroy();
    else {
      if (now >= this.#crossingUntil) this.#takeNoMore();
      if (this.isIdle) this.#checkIdle(now);
      else this.#checkStreams(now);
    }
  }

  #checkStreams(now: number): void {
    for (const exchange of this.exchanges) {
      if (exchange.checkIdle(now)) continue;
      this.socket.destroy();
      return;
    }
    this.#checkAge(now);
  }

  #checkIdle(now: number): void {
    const { headersTimeout, keepAliveTimeout } = this.with.options;
    const idle = now - this.idleSince;
    if (!this.link.isGreeted && idle > headersTimeout) this.socket.destroy();
    else if (idle > keepAliveTimeout) this.end();
    else this.#checkAge(now);
  }

  /** From the last call on it takes no new streams, so that none is cut that began late. */
  #checkAge(now: number): void {
    if (now < this.#lastCallAt || this.#expiresAt !== never) return;
    this.#expiresAt = now + afterLastCall(this.with.options.maxConnectionDuration);
    this.end();
  }

  #expire(): void {
    for (const { call } of this.exchanges) call?.fail("connectionTooOld");
    this.socket.destroy();
  }
}
