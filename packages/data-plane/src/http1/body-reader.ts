import { ChunkDecoder, type PieceTaker } from "./chunk-decoder.ts";
import { requestChunkLine, responseChunkLine } from "./grammar.ts";

/** Finds the end of a body, however it is framed. */
export interface BodyReader {
  readonly isDone: boolean;
  /** @returns where in `input` what was read ends: its length, or less after the end of the body; or `bodyBroken` */
  read(input: Buffer, from: number, taker: PieceTaker): number;
}

/** A body of so many bytes; `Infinity` for one that ends with its connection. */
class CountedBody implements BodyReader {
  #left: number;

  constructor(length: number) {
    this.#left = length;
  }

  get isDone(): boolean {
    return this.#left === 0;
  }

  read(input: Buffer, from: number, taker: PieceTaker): number {
    const end = Math.min(input.length, from + this.#left);
    this.#left -= end - from;
    taker.takePiece(from === 0 && end === input.length ? input : input.subarray(from, end));
    return end;
  }
}

/** @param length bytes, -1 when chunked; not 0 */
export function requestBody(length: number): BodyReader {
  return length === -1 ? new ChunkDecoder(requestChunkLine) : new CountedBody(length);
}

/** @param length bytes, -1 when chunked, `Infinity` when the connection's end is the body's; not 0 */
export function responseBody(length: number): BodyReader {
  return length === -1 ? new ChunkDecoder(responseChunkLine) : new CountedBody(length);
}
