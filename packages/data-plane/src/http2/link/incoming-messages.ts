import { errorCode, frameFlag, frameType } from "../frames/frame-types.ts";
import type { HeaderDecoder } from "../hpack/header-decoder.ts";
import { fragmentOf, PartialBlock } from "./header-blocks.ts";
import type { Link, LinkOwner } from "./link.ts";

/** What the other side sends of messages: header blocks, and data within the connection's window. RFC 9113 §8.1. */
export class IncomingMessages {
  readonly #link: Link;
  readonly #owner: LinkOwner;
  readonly #decoder: HeaderDecoder;
  readonly #window: number;
  /** What the other side may still send on all streams, as it knows. */
  #receiveWindow: number;
  #partial: PartialBlock | undefined = undefined;

  /** @param window bytes that may be under way on the connection */
  constructor(link: Link, owner: LinkOwner, decoder: HeaderDecoder, window: number) {
    this.#link = link;
    this.#owner = owner;
    this.#decoder = decoder;
    this.#window = window;
    this.#receiveWindow = window;
  }

  /** @returns whether a frame may come at all: nothing else may while a header block is not complete. RFC 9113 §6.10 */
  mayCome(type: number, streamId: number): boolean {
    const partial = this.#partial;
    return partial === undefined || (type === frameType.continuation && streamId === partial.streamId);
  }

  takeData(flags: number, streamId: number, input: Buffer, from: number, to: number): boolean {
    const flow = to - from;
    const isPadded = (flags & frameFlag.padded) !== 0;
    const start = isPadded ? from + 1 : from;
    const end = isPadded ? to - (input[from] as number) : to;
    if (streamId === 0 || start > end || start > to) return this.#link.breakOff(errorCode.protocol);
    this.#receiveWindow -= flow;
    if (this.#receiveWindow < 0) return this.#link.breakOff(errorCode.flowControl);
    const owed = this.#window - this.#receiveWindow;
    if (owed >= this.#window / 2) {
      this.#receiveWindow = this.#window;
      this.#link.output.number(frameType.windowUpdate, 0, owed);
    }
    const endStream = (flags & frameFlag.endStream) !== 0;
    if (start === end && !endStream && !this.#link.takeIdle()) return false;
    const stream = this.#link.streams.get(streamId);
    if (stream === undefined) return this.#takeLate(streamId);
    if (stream.isRemoteEnded) return this.#link.breakOff(errorCode.streamClosed);
    stream.receive(input.subarray(start, end), flow, endStream);
    return !this.#link.isBroken;
  }

  /** A frame on a stream that is not there: under way when this end has reset it, and otherwise an error. */
  #takeLate(streamId: number): boolean {
    if (this.#link.isUnused(streamId)) return this.#link.breakOff(errorCode.protocol);
    return this.#link.isForgiven(streamId) || this.#link.breakOff(errorCode.streamClosed);
  }

  takeHeaders(flags: number, streamId: number, input: Buffer, from: number, to: number): boolean {
    const fragment = fragmentOf(flags, input, from, to);
    if (streamId === 0 || fragment === undefined || fragment.dependsOn === streamId) {
      return this.#link.breakOff(errorCode.protocol);
    }
    const endStream = (flags & frameFlag.endStream) !== 0;
    if ((flags & frameFlag.endHeaders) !== 0) {
      return this.#takeBlock(streamId, endStream, input, fragment.from, fragment.to);
    }
    this.#partial = new PartialBlock(streamId, endStream, input.subarray(fragment.from, fragment.to));
    return true;
  }

  takeContinuation(flags: number, input: Buffer, from: number, to: number): boolean {
    const partial = this.#partial;
    if (partial === undefined) return this.#link.breakOff(errorCode.protocol);
    if (!partial.add(input.subarray(from, to))) return this.#link.breakOff(errorCode.enhanceYourCalm);
    if ((flags & frameFlag.endHeaders) === 0) return true;
    this.#partial = undefined;
    return this.#takeBlock(partial.streamId, partial.endStream, partial.bytes, 0, partial.bytes.length);
  }

  #takeBlock(streamId: number, endStream: boolean, block: Buffer, from: number, to: number): boolean {
    // Whatever becomes of it: the tables of both ends have to agree on what comes next.
    if (!this.#decoder.decode(block, from, to)) return this.#link.breakOff(errorCode.compression);
    const isTaken = this.#useBlock(streamId, endStream);
    this.#decoder.clear();
    return isTaken;
  }

  #useBlock(streamId: number, endStream: boolean): boolean {
    const stream = this.#link.streams.get(streamId);
    if (stream !== undefined) {
      if (stream.isRemoteEnded) return this.#link.breakOff(errorCode.streamClosed);
      stream.receiveHeaders(this.#decoder, endStream);
    } else if (this.#link.isServer && streamId % 2 === 1 && streamId > this.#link.lastPeerId) {
      this.#link.lastPeerId = streamId;
      this.#owner.onStream(streamId, this.#decoder, endStream);
    } else return this.#takeLate(streamId);
    return !this.#link.isBroken;
  }
}
