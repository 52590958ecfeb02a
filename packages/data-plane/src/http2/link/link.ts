import type { Socket } from "node:net";
import { monotonicNow } from "@pergola/core";
import { FrameOutput } from "../frames/frame-output.ts";
import { FrameReader } from "../frames/frame-reader.ts";
import { defaultWindow, errorCode, frameType, maxStreamId } from "../frames/frame-types.ts";
import { preface } from "../grammar.ts";
import type { HeaderDecoder, ListLimits } from "../hpack/header-decoder.ts";
import { ResetAllowance } from "../reset-allowance.ts";
import { IncomingFrames, pingBytes } from "./incoming-frames.ts";
import { OpenStreams } from "./open-streams.ts";
import { PeerSettings } from "./peer-settings.ts";
import type { Stream } from "./stream.ts";

/** Whose connection it is. */
export interface LinkOwner {
  /** The other side opens a stream. @param block valid during the call */
  onStream(streamId: number, block: HeaderDecoder, endStream: boolean): void;
  onSettings(): void;
  onGoaway(lastStreamId: number, code: number): void;
  onPong(): void;
  /** The other side has broken the protocol, and been told so: nothing more is read. */
  onBroken(code: number): void;
}

export interface LinkParts {
  readonly socket: Socket;
  readonly isServer: boolean;
  readonly limits: ListLimits;
  /** Bytes that the other side may have under way on the connection, and on one stream. */
  readonly connectionWindow: number;
  readonly streamWindow: number;
  /** Numbers and values in turn. */
  readonly settings: readonly number[];
}

/**
 * Frames that cost an answer, or that nothing comes of: pings, settings, empty data, priorities, what is unknown. As many at once, and
 * each second; what is sent in earnest earns more, since some clients ask for the round trip with every piece of a download.
 */
const idleFrames = 1_000;
const idleFramesPerSecond = 100;
/** Streams that this end has reset and on which frames may still be under way. */
const maxForgiven = 1_000;

/** One end of an HTTP/2 connection. RFC 9113, without what messages mean. */
export class Link {
  readonly peer: PeerSettings;
  readonly output: FrameOutput;
  readonly streams = new OpenStreams<Stream>();
  /** Streams that wait for a window or for the socket. */
  readonly blocked = new Set<Stream>();
  readonly streamWindow: number;
  /** What may still be sent on all streams. */
  sendWindow = defaultWindow;
  /** The last stream that the other side has opened, and this one. */
  lastPeerId = 0;
  lastOwnId = 0;
  /** The other side has said what it takes. */
  isGreeted = false;
  isBroken = false;
  pingsUnderWay = 0;
  readonly isServer: boolean;
  readonly #owner: LinkOwner;
  readonly #reader = new FrameReader();
  readonly #incoming: IncomingFrames;
  readonly #allowance: ResetAllowance;
  readonly #forgiven = new Set<number>();

  constructor(parts: LinkParts, owner: LinkOwner) {
    const { socket, isServer, connectionWindow, streamWindow, settings } = parts;
    this.#owner = owner;
    this.isServer = isServer;
    this.peer = new PeerSettings(!isServer);
    this.output = new FrameOutput(socket);
    this.#incoming = new IncomingFrames(this, parts, owner);
    this.#allowance = new ResetAllowance(idleFrames, idleFramesPerSecond, monotonicNow());
    this.streamWindow = streamWindow;
    const payload = Buffer.alloc(3 * settings.length);
    for (let i = 0; i < settings.length; i += 2) {
      payload.writeUInt16BE(settings[i] as number, 3 * i);
      payload.writeUInt32BE(settings[i + 1] as number, 3 * i + 2);
    }
    if (!isServer) this.output.bytes(preface);
    this.output.control(frameType.settings, 0, 0, payload);
    this.output.number(frameType.windowUpdate, 0, connectionWindow - defaultWindow);
  }

  /** Reads what the socket has brought. */
  receive(chunk: Buffer): void {
    if (!this.isBroken) this.#reader.read(chunk, this.#incoming);
  }

  /** Ends the connection for what the other side has sent. */
  breakOff(code: number): boolean {
    if (this.isBroken) return false;
    this.isBroken = true;
    this.sendGoaway(this.lastPeerId, code);
    this.#owner.onBroken(code);
    return false;
  }

  /** @returns false when there have been too many frames that nothing comes of */
  takeIdle(): boolean {
    return this.#allowance.take(monotonicNow()) ? !this.isBroken : this.breakOff(errorCode.enhanceYourCalm);
  }

  /** @param streamId 0 is always in use */
  isUnused(streamId: number): boolean {
    if (streamId % 2 === 0) return streamId !== 0;
    return streamId > (this.isServer ? this.lastPeerId : this.lastOwnId);
  }

  /** @returns whether frames of a stream that is over may still be under way, since this end has broken it off */
  isForgiven(streamId: number): boolean {
    return this.#forgiven.has(streamId);
  }

  /** Streams that wait go on, those that have waited longest first. */
  flushBlocked(): void {
    if (this.blocked.size === 0) return;
    for (const stream of [...this.blocked]) {
      if (!this.output.canTakeMore) return;
      if (!this.blocked.delete(stream)) continue;
      this.blocked.add(stream);
      stream.flush();
    }
  }

  /** For streams. */
  giveCredit(streamId: number, bytes: number): void {
    this.output.number(frameType.windowUpdate, streamId, bytes);
  }

  /** @param mayGoOn whether frames of it may still be under way */
  sendReset(streamId: number, code: number, mayGoOn: boolean): void {
    this.output.number(frameType.rstStream, streamId, code);
    if (!mayGoOn) return;
    this.#forgiven.add(streamId);
    if (this.#forgiven.size <= maxForgiven) return;
    for (const oldest of this.#forgiven) {
      this.#forgiven.delete(oldest);
      return;
    }
  }

  /** For streams: this one is over. */
  forget(stream: Stream): void {
    this.streams.delete(stream.id);
    this.blocked.delete(stream);
    this.earn();
  }

  /** For streams: something has been sent that may be reason for a ping. */
  earn(): void {
    this.#allowance.earn();
  }

  sendPing(): void {
    this.pingsUnderWay += 1;
    this.output.control(frameType.ping, 0, 0, pingBytes);
  }

  /** @param lastStreamId `maxStreamId` when it only says that this end will go */
  sendGoaway(lastStreamId: number, code: number): void {
    const payload = Buffer.alloc(8);
    payload.writeUInt32BE(Math.min(lastStreamId, maxStreamId), 0);
    payload.writeUInt32BE(code, 4);
    this.output.control(frameType.goaway, 0, 0, payload);
  }

  /** The connection is gone: every stream is. */
  breakStreams(code: number): void {
    for (const stream of [...this.streams.values()]) stream.receiveReset(code);
  }
}
