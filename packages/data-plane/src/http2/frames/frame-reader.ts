import { defaultFrameSize, frameHead, uint31 } from "./frame-types.ts";

/** Who gets the frames. */
export interface FrameTaker {
  /**
   * @param input valid for as long as somebody wants it
   * @param from where the payload begins, and `to` where it ends
   * @returns false when nothing more is to be read
   */
  takeFrame(type: number, flags: number, streamId: number, input: Buffer, from: number, to: number): boolean;
  /** A frame is larger than this side has said it may be: nothing more is read. */
  frameTooLarge(): void;
}

/** Finds the frames in what a connection brings; what lies whole in one piece is not copied. RFC 9113 §4.1. */
export class FrameReader {
  /** A frame that has not come whole: its head, or room for all of it once its length is known. */
  #partial: Buffer | undefined;
  #have = 0;

  read(chunk: Buffer, taker: FrameTaker): void {
    let at = this.#partial === undefined ? 0 : this.#complete(this.#partial, chunk, taker);
    while (at !== stopped && at < chunk.length) at = this.#next(chunk, at, taker);
  }

  /** @returns where to go on */
  #next(chunk: Buffer, at: number, taker: FrameTaker): number {
    const left = chunk.length - at;
    if (left < frameHead) {
      const head = Buffer.allocUnsafe(frameHead);
      return this.#keep(head, chunk, at);
    }
    const length = lengthAt(chunk, at);
    if (length > defaultFrameSize) {
      taker.frameTooLarge();
      return stopped;
    }
    const end = at + frameHead + length;
    if (end > chunk.length) return this.#keep(Buffer.allocUnsafe(frameHead + length), chunk, at);
    return give(chunk, at, end, taker) ? end : stopped;
  }

  #keep(partial: Buffer, chunk: Buffer, at: number): number {
    this.#partial = partial;
    this.#have = chunk.copy(partial, 0, at);
    return chunk.length;
  }

  /** @returns where in `chunk` the frame ends */
  #complete(partial: Buffer, chunk: Buffer, taker: FrameTaker): number {
    const taken = chunk.copy(partial, this.#have, 0, partial.length - this.#have);
    this.#have += taken;
    if (this.#have < partial.length) return chunk.length;
    const length = lengthAt(partial, 0);
    if (length > defaultFrameSize) {
      taker.frameTooLarge();
      return stopped;
    }
    if (partial.length < frameHead + length) {
      this.#partial = Buffer.allocUnsafe(frameHead + length);
      partial.copy(this.#partial);
      return taken + this.#completeRest(this.#partial, chunk.subarray(taken), taker);
    }
    this.#partial = undefined;
    return give(partial, 0, partial.length, taker) ? taken : stopped;
  }

  #completeRest(partial: Buffer, rest: Buffer, taker: FrameTaker): number {
    return rest.length === 0 ? 0 : this.#complete(partial, rest, taker);
  }
}

/** Less than any place, whatever is added to it. */
const stopped = Number.NEGATIVE_INFINITY;

function lengthAt(bytes: Buffer, at: number): number {
  return ((bytes[at] as number) << 16) | ((bytes[at + 1] as number) << 8) | (bytes[at + 2] as number);
}

function give(bytes: Buffer, at: number, end: number, taker: FrameTaker): boolean {
  const streamId = uint31(bytes, at + 5);
  return taker.takeFrame(bytes[at + 3] as number, bytes[at + 4] as number, streamId, bytes, at + frameHead, end);
}
