import type { Socket } from "node:net";
import { monotonicNow } from "@pergola/core";
import { FrameOutput } from "../frames/frame-output.ts";
import { FrameReader, type FrameTaker } from "../frames/frame-reader.ts";
import {
  defaultWindow,
  errorCode,
  frameFlag,
  frameType,
  maxStreamId,
  maxWindow,
  uint31,
  uint32,
} from "../frames/frame-types.ts";
import { preface } from "../grammar.ts";
import { HeaderDecoder, type ListLimits } from "../hpack/header-decoder.ts";
import { ResetAllowance } from "../reset-allowance.ts";
import { fragmentOf, PartialBlock } from "./header-blocks.ts";
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
export class Link implements FrameTaker {
  readonly peer: PeerSettings;
  readonly output: FrameOutput;
  readonly streams = new Map<number, Stream>();
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
  readonly #owner: LinkOwner;
  readonly #isServer: boolean;
  readonly #reader = new FrameReader();
  readonly #decoder: HeaderDecoder;
  readonly #allowance: ResetAllowance;
  readonly #connectionWindow: number;
  #receiveWindow: number;
  #partial: PartialBlock | undefined = undefined;
  /** The last of this end's streams that the other one looks at: it may only become less. RFC 9113 §6.8. */
  #lastWanted = maxStreamId;
  #settingsUnderWay = 1;
  #pingsUnderWay = 0;
  readonly #forgiven = new Set<number>();

  constructor({ socket, isServer, limits, connectionWindow, streamWindow, settings }: LinkParts, owner: LinkOwner) {
    this.#owner = owner;
    this.#isServer = isServer;
    this.peer = new PeerSettings(!isServer);
    this.output = new FrameOutput(socket);
    this.#decoder = new HeaderDecoder(limits);
    this.#allowance = new ResetAllowance(idleFrames, idleFramesPerSecond, monotonicNow());
    this.#connectionWindow = connectionWindow;
    this.#receiveWindow = connectionWindow;
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
    if (!this.isBroken) this.#reader.read(chunk, this);
  }

  /** Ends the connection for what the other side has sent. */
  breakOff(code: number): boolean {
    if (this.isBroken) return false;
    this.isBroken = true;
    this.sendGoaway(this.lastPeerId, code);
    this.#owner.onBroken(code);
    return false;
  }

  frameTooLarge(): void {
    this.breakOff(errorCode.frameSize);
  }

  takeFrame(type: number, flags: number, streamId: number, input: Buffer, from: number, to: number): boolean {
    if (this.#partial !== undefined && (type !== frameType.continuation || streamId !== this.#partial.streamId)) {
      return this.breakOff(errorCode.protocol);
    }
    if (!this.isGreeted && (type !== frameType.settings || (flags & frameFlag.ack) !== 0)) {
      return this.breakOff(errorCode.protocol);
    }
    switch (type) {
      case frameType.data:
        return this.#takeData(flags, streamId, input, from, to);
      case frameType.headers:
        return this.#takeHeaders(flags, streamId, input, from, to);
      case frameType.priority:
        return this.#takePriority(streamId, input, from, to);
      case frameType.rstStream:
        return this.#takeReset(streamId, input, from, to);
      case frameType.settings:
        return this.#takeSettings(flags, streamId, input, from, to);
      case frameType.ping:
        return this.#takePing(flags, streamId, input, from, to);
      case frameType.goaway:
        return this.#takeGoaway(streamId, input, from, to);
      case frameType.windowUpdate:
        return this.#takeWindowUpdate(streamId, input, from, to);
      case frameType.continuation:
        return this.#takeContinuation(flags, input, from, to);
      case frameType.pushPromise:
        return this.breakOff(errorCode.protocol);
      default:
        return this.#takeIdle();
    }
  }

  /** @returns false when there have been too many frames that nothing comes of */
  #takeIdle(): boolean {
    return this.#allowance.take(monotonicNow()) ? !this.isBroken : this.breakOff(errorCode.enhanceYourCalm);
  }

  #takeData(flags: number, streamId: number, input: Buffer, from: number, to: number): boolean {
    const flow = to - from;
    const isPadded = (flags & frameFlag.padded) !== 0;
    const start = isPadded ? from + 1 : from;
    const end = isPadded ? to - (input[from] as number) : to;
    if (streamId === 0 || start > end || start > to) return this.breakOff(errorCode.protocol);
    this.#receiveWindow -= flow;
    if (this.#receiveWindow < 0) return this.breakOff(errorCode.flowControl);
    const owed = this.#connectionWindow - this.#receiveWindow;
    if (owed >= this.#connectionWindow / 2) {
      this.#receiveWindow = this.#connectionWindow;
      this.output.number(frameType.windowUpdate, 0, owed);
    }
    const endStream = (flags & frameFlag.endStream) !== 0;
    if (start === end && !endStream && !this.#takeIdle()) return false;
    const stream = this.streams.get(streamId);
    if (stream === undefined) return this.#takeLate(streamId);
    if (stream.isRemoteEnded) return this.breakOff(errorCode.streamClosed);
    stream.receive(input.subarray(start, end), flow, endStream);
    return !this.isBroken;
  }

  /** A frame on a stream that is not there: under way when this end has reset it, and otherwise an error. */
  #takeLate(streamId: number): boolean {
    if (this.#isUnused(streamId)) return this.breakOff(errorCode.protocol);
    return this.#forgiven.has(streamId) || this.breakOff(errorCode.streamClosed);
  }

  /** @param streamId 0 is always in use */
  #isUnused(streamId: number): boolean {
    if (streamId % 2 === 0) return streamId !== 0;
    return streamId > (this.#isServer ? this.lastPeerId : this.lastOwnId);
  }

  #takeHeaders(flags: number, streamId: number, input: Buffer, from: number, to: number): boolean {
    const fragment = fragmentOf(flags, input, from, to);
    if (streamId === 0 || fragment === undefined || fragment.dependsOn === streamId) {
      return this.breakOff(errorCode.protocol);
    }
    const endStream = (flags & frameFlag.endStream) !== 0;
    if ((flags & frameFlag.endHeaders) !== 0) {
      return this.#takeBlock(streamId, endStream, input, fragment.from, fragment.to);
    }
    this.#partial = new PartialBlock(streamId, endStream, input.subarray(fragment.from, fragment.to));
    return true;
  }

  #takeContinuation(flags: number, input: Buffer, from: number, to: number): boolean {
    const partial = this.#partial;
    if (partial === undefined) return this.breakOff(errorCode.protocol);
    if (!partial.add(input.subarray(from, to))) return this.breakOff(errorCode.enhanceYourCalm);
    if ((flags & frameFlag.endHeaders) === 0) return true;
    this.#partial = undefined;
    return this.#takeBlock(partial.streamId, partial.endStream, partial.bytes, 0, partial.bytes.length);
  }

  #takeBlock(streamId: number, endStream: boolean, block: Buffer, from: number, to: number): boolean {
    // Whatever becomes of it: the tables of both ends have to agree on what comes next.
    if (!this.#decoder.decode(block, from, to)) return this.breakOff(errorCode.compression);
    const isTaken = this.#useBlock(streamId, endStream);
    this.#decoder.clear();
    return isTaken;
  }

  #useBlock(streamId: number, endStream: boolean): boolean {
    const stream = this.streams.get(streamId);
    if (stream !== undefined) {
      if (stream.isRemoteEnded) return this.breakOff(errorCode.streamClosed);
      stream.receiveHeaders(this.#decoder, endStream);
    } else if (this.#isServer && streamId % 2 === 1 && streamId > this.lastPeerId) {
      this.lastPeerId = streamId;
      this.#owner.onStream(streamId, this.#decoder, endStream);
    } else return this.#takeLate(streamId);
    return !this.isBroken;
  }

  #takePriority(streamId: number, input: Buffer, from: number, to: number): boolean {
    if (streamId === 0) return this.breakOff(errorCode.protocol);
    if (to - from !== 5) return this.breakOff(errorCode.frameSize);
    return uint31(input, from) === streamId ? this.breakOff(errorCode.protocol) : this.#takeIdle();
  }

  #takeReset(streamId: number, input: Buffer, from: number, to: number): boolean {
    if (streamId === 0) return this.breakOff(errorCode.protocol);
    if (to - from !== 4) return this.breakOff(errorCode.frameSize);
    const stream = this.streams.get(streamId);
    if (stream === undefined) return this.#isUnused(streamId) ? this.breakOff(errorCode.protocol) : this.#takeIdle();
    stream.receiveReset(uint32(input, from));
    return !this.isBroken;
  }

  #takeSettings(flags: number, streamId: number, input: Buffer, from: number, to: number): boolean {
    if (streamId !== 0) return this.breakOff(errorCode.protocol);
    if ((flags & frameFlag.ack) !== 0) {
      if (to !== from) return this.breakOff(errorCode.frameSize);
      this.#settingsUnderWay -= 1;
      return this.#settingsUnderWay < 0 ? this.breakOff(errorCode.protocol) : true;
    }
    const { peer } = this;
    const window = peer.initialWindowSize;
    const error = peer.take(input, from, to);
    if (error !== errorCode.none) return this.breakOff(error);
    if (this.isGreeted && !this.#takeIdle()) return false;
    this.isGreeted = true;
    this.output.encoder.limit(peer.headerTableSize);
    this.output.control(frameType.settings, frameFlag.ack, 0, nothing);
    if (peer.initialWindowSize !== window && !this.#widenAll(peer.initialWindowSize - window)) {
      return this.breakOff(errorCode.flowControl);
    }
    this.#owner.onSettings();
    return !this.isBroken;
  }

  #widenAll(bytes: number): boolean {
    for (const stream of this.streams.values()) if (!stream.widen(bytes)) return false;
    this.flushBlocked();
    return true;
  }

  #takePing(flags: number, streamId: number, input: Buffer, from: number, to: number): boolean {
    if (streamId !== 0) return this.breakOff(errorCode.protocol);
    if (to - from !== 8) return this.breakOff(errorCode.frameSize);
    if (!this.#takeIdle()) return false;
    if ((flags & frameFlag.ack) === 0) {
      this.output.control(frameType.ping, frameFlag.ack, 0, input.subarray(from, to));
      return true;
    }
    // An answer to what nobody has asked.
    if (this.#pingsUnderWay === 0 || input.compare(pingBytes, 0, 8, from, to) !== 0) {
      return this.breakOff(errorCode.protocol);
    }
    this.#pingsUnderWay -= 1;
    this.#owner.onPong();
    return !this.isBroken;
  }

  #takeGoaway(streamId: number, input: Buffer, from: number, to: number): boolean {
    if (streamId !== 0) return this.breakOff(errorCode.protocol);
    if (to - from < 8) return this.breakOff(errorCode.frameSize);
    if (!this.#takeIdle()) return false;
    const last = uint31(input, from);
    const isOwn = last === 0 || (last % 2 === 0) === this.#isServer;
    if (!isOwn || last > this.#lastWanted) return this.breakOff(errorCode.protocol);
    this.#lastWanted = last;
    this.#owner.onGoaway(last, uint32(input, from + 4));
    return !this.isBroken;
  }

  #takeWindowUpdate(streamId: number, input: Buffer, from: number, to: number): boolean {
    if (to - from !== 4) return this.breakOff(errorCode.frameSize);
    const bytes = uint31(input, from);
    if (bytes === 0 || this.#isUnused(streamId)) return this.breakOff(errorCode.protocol);
    if (streamId === 0) {
      this.sendWindow += bytes;
      if (this.sendWindow > maxWindow) return this.breakOff(errorCode.flowControl);
      this.flushBlocked();
      return !this.isBroken;
    }
    const stream = this.streams.get(streamId);
    if (stream === undefined) return true;
    if (!stream.widen(bytes)) this.#breakStream(stream, errorCode.flowControl);
    else if (this.blocked.has(stream)) stream.flush();
    return !this.isBroken;
  }

  /** The other side has made a mistake that concerns one stream only. */
  #breakStream(stream: Stream, code: number): void {
    this.sendReset(stream.id, code, !stream.isRemoteEnded);
    stream.receiveReset(code);
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
    this.#pingsUnderWay += 1;
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

const nothing = Buffer.alloc(0);
/** Of pings that this end sends. */
const pingBytes = Buffer.from("pergola.", "latin1");
