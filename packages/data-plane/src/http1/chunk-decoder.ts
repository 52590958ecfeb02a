import { maxChunkExtras, maxChunkLine, trailerLine } from "./grammar.ts";

/** Gets the bytes of a body piece by piece. */
export interface PieceTaker {
  /** @param piece valid during the call only */
  takePiece(piece: Buffer): void;
}

/** What the body's bytes are no framing for. */
export const bodyBroken = -1;

const lineFeed = 0x0a;
const carriageReturn = 0x0d;

type Phase = "size" | "data" | "data-cr" | "data-lf" | "trailer" | "done";

/** Takes a chunked body apart. Extensions and trailers are checked and dropped. */
export class ChunkDecoder {
  readonly #sizeLine: RegExp;
  #phase: Phase = "size";
  #left = 0;
  #line = "";
  #extras = 0;

  /** @param sizeLine the grammar of the line before a chunk, the size its first group */
  constructor(sizeLine: RegExp) {
    this.#sizeLine = sizeLine;
  }

  get isDone(): boolean {
    return this.#phase === "done";
  }

  /** @returns where in `input` what was read ends: its length, or less after the end of the body; or `bodyBroken` */
  read(input: Buffer, from: number, taker: PieceTaker): number {
    let at = from;
    while (at < input.length && at !== bodyBroken && this.#phase !== "done") {
      at = this.#phase === "data" ? this.#readData(input, at, taker) : this.#readFraming(input, at);
    }
    return at;
  }

  #readData(input: Buffer, at: number, taker: PieceTaker): number {
    const end = Math.min(input.length, at + this.#left);
    this.#left -= end - at;
    if (this.#left === 0) this.#phase = "data-cr";
    taker.takePiece(input.subarray(at, end));
    return end;
  }

  #readFraming(input: Buffer, at: number): number {
    switch (this.#phase) {
      case "data-cr":
        this.#phase = "data-lf";
        return input[at] === carriageReturn ? at + 1 : bodyBroken;
      case "data-lf":
        this.#phase = "size";
        return input[at] === lineFeed ? at + 1 : bodyBroken;
      default:
        return this.#readLine(input, at);
    }
  }

  #readLine(input: Buffer, at: number): number {
    const most = Math.min(input.length, at + maxChunkLine + 1);
    const feed = input.subarray(at, most).indexOf(lineFeed);
    const end = feed === -1 ? most : at + feed + 1;
    this.#line += input.toString("latin1", at, end);
    if (this.#line.length > maxChunkLine) return bodyBroken;
    if (feed === -1) return end;
    const line = this.#line;
    this.#line = "";
    return (this.#phase === "size" ? this.#takeSize(line) : this.#takeTrailer(line)) ? end : bodyBroken;
  }

  #takeSize(line: string): boolean {
    const size = this.#sizeLine.exec(line)?.[1];
    if (size === undefined || !this.#allows(line.length - size.length - 2)) return false;
    this.#left = Number.parseInt(size, 16);
    this.#phase = this.#left === 0 ? "trailer" : "data";
    return true;
  }

  #takeTrailer(line: string): boolean {
    if (line === "\r\n") {
      this.#phase = "done";
      return true;
    }
    const name = trailerLine.exec(line)?.[1]?.toLowerCase();
    // Framing that comes after the body is meant for a reader who takes it for a head.
    return name !== undefined && !framing.has(name) && this.#allows(line.length);
  }

  #allows(extras: number): boolean {
    this.#extras += extras;
    return this.#extras <= maxChunkExtras;
  }
}

const framing = new Set(["content-length", "transfer-encoding"]);
