import type { FrameTaker } from "../frames/frame-reader.ts";
import { errorCode, frameFlag, frameType, maxStreamId, maxWindow, uint31, uint32 } from "../frames/frame-types.ts";
import { HeaderDecoder } from "../hpack/header-decoder.ts";
import { IncomingMessages } from "./incoming-messages.ts";
import type { Link, LinkOwner, LinkParts } from "./link.ts";
import type { Stream } from "./stream.ts";

/** What the other side sends, frame by frame: each is what the state of the connection allows, or its end. RFC 9113 §6. */
export class IncomingFrames implements FrameTaker {
  readonly #link: Link;
  readonly #owner: LinkOwner;
  readonly #messages: IncomingMessages;
  /** The last of this end's streams that the other one looks at: it may only become less. RFC 9113 §6.8. */
  #lastWanted = maxStreamId;
  #settingsUnderWay = 1;

  constructor(link: Link, { limits, connectionWindow }: LinkParts, owner: LinkOwner) {
    this.#link = link;
    this.#owner = owner;
    this.#messages = new IncomingMessages(link, owner, new HeaderDecoder(limits), connectionWindow);
  }

  frameTooLarge(): void {
    this.#link.breakOff(errorCode.frameSize);
  }

  takeFrame(type: number, flags: number, streamId: number, input: Buffer, from: number, to: number): boolean {
    if (!this.#messages.mayCome(type, streamId)) return this.#link.breakOff(errorCode.protocol);
    if (!this.#link.isGreeted && (type !== frameType.settings || (flags & frameFlag.ack) !== 0)) {
      return this.#link.breakOff(errorCode.protocol);
    }
    switch (type) {
      case frameType.data:
        return this.#messages.takeData(flags, streamId, input, from, to);
      case frameType.headers:
        return this.#messages.takeHeaders(flags, streamId, input, from, to);
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
        return this.#messages.takeContinuation(flags, input, from, to);
      case frameType.pushPromise:
        return this.#link.breakOff(errorCode.protocol);
      default:
        return this.#link.takeIdle();
    }
  }

  #takePriority(streamId: number, input: Buffer, from: number, to: number): boolean {
    if (streamId === 0) return this.#link.breakOff(errorCode.protocol);
    if (to - from !== 5) return this.#link.breakOff(errorCode.frameSize);
    return uint31(input, from) === streamId ? this.#link.breakOff(errorCode.protocol) : this.#link.takeIdle();
  }

  #takeReset(streamId: number, input: Buffer, from: number, to: number): boolean {
    if (streamId === 0) return this.#link.breakOff(errorCode.protocol);
    if (to - from !== 4) return this.#link.breakOff(errorCode.frameSize);
    const stream = this.#link.streams.get(streamId);
    if (stream === undefined)
      return this.#link.isUnused(streamId) ? this.#link.breakOff(errorCode.protocol) : this.#link.takeIdle();
    stream.receiveReset(uint32(input, from));
    return !this.#link.isBroken;
  }

  #takeSettings(flags: number, streamId: number, input: Buffer, from: number, to: number): boolean {
    if (streamId !== 0) return this.#link.breakOff(errorCode.protocol);
    if ((flags & frameFlag.ack) !== 0) {
      if (to !== from) return this.#link.breakOff(errorCode.frameSize);
      this.#settingsUnderWay -= 1;
      return this.#settingsUnderWay < 0 ? this.#link.breakOff(errorCode.protocol) : true;
    }
    const { peer } = this.#link;
    const window = peer.initialWindowSize;
    const error = peer.take(input, from, to);
    if (error !== errorCode.none) return this.#link.breakOff(error);
    if (this.#link.isGreeted && !this.#link.takeIdle()) return false;
    this.#link.isGreeted = true;
    this.#link.output.encoder.limit(peer.headerTableSize);
    this.#link.output.control(frameType.settings, frameFlag.ack, 0, nothing);
    if (peer.initialWindowSize !== window && !this.#widenAll(peer.initialWindowSize - window)) {
      return this.#link.breakOff(errorCode.flowControl);
    }
    this.#owner.onSettings();
    return !this.#link.isBroken;
  }

  #widenAll(bytes: number): boolean {
    for (const stream of this.#link.streams.values()) if (!stream.widen(bytes)) return false;
    this.#link.flushBlocked();
    return true;
  }

  #takePing(flags: number, streamId: number, input: Buffer, from: number, to: number): boolean {
    if (streamId !== 0) return this.#link.breakOff(errorCode.protocol);
    if (to - from !== 8) return this.#link.breakOff(errorCode.frameSize);
    if (!this.#link.takeIdle()) return false;
    if ((flags & frameFlag.ack) === 0) {
      this.#link.output.control(frameType.ping, frameFlag.ack, 0, input.subarray(from, to));
      return true;
    }
    // An answer to what nobody has asked.
    if (this.#link.pingsUnderWay === 0 || input.compare(pingBytes, 0, 8, from, to) !== 0) {
      return this.#link.breakOff(errorCode.protocol);
    }
    this.#link.pingsUnderWay -= 1;
    this.#owner.onPong();
    return !this.#link.isBroken;
  }

  #takeGoaway(streamId: number, input: Buffer, from: number, to: number): boolean {
    if (streamId !== 0) return this.#link.breakOff(errorCode.protocol);
    if (to - from < 8) return this.#link.breakOff(errorCode.frameSize);
    if (!this.#link.takeIdle()) return false;
    const last = uint31(input, from);
    const isOwn = last === 0 || (last % 2 === 0) === this.#link.isServer;
    if (!isOwn || last > this.#lastWanted) return this.#link.breakOff(errorCode.protocol);
    this.#lastWanted = last;
    this.#owner.onGoaway(last, uint32(input, from + 4));
    return !this.#link.isBroken;
  }

  #takeWindowUpdate(streamId: number, input: Buffer, from: number, to: number): boolean {
    if (to - from !== 4) return this.#link.breakOff(errorCode.frameSize);
    const bytes = uint31(input, from);
    if (bytes === 0 || this.#link.isUnused(streamId)) return this.#link.breakOff(errorCode.protocol);
    if (streamId === 0) {
      this.#link.sendWindow += bytes;
      if (this.#link.sendWindow > maxWindow) return this.#link.breakOff(errorCode.flowControl);
      this.#link.flushBlocked();
      return !this.#link.isBroken;
    }
    const stream = this.#link.streams.get(streamId);
    if (stream === undefined) return true;
    if (!stream.widen(bytes)) this.#breakStream(stream, errorCode.flowControl);
    else if (this.#link.blocked.has(stream)) stream.flush();
    return !this.#link.isBroken;
  }

  /** The other side has made a mistake that concerns one stream only. */
  #breakStream(stream: Stream, code: number): void {
    this.#link.sendReset(stream.id, code, !stream.isRemoteEnded);
    stream.receiveReset(code);
  }
}

const nothing = Buffer.alloc(0);

/** Of pings that this end sends. */
export const pingBytes = Buffer.from("pergola.", "latin1");
