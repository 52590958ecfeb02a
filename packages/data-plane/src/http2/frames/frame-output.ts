import type { Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import { type TurnWriting, writeAtTurnEnd } from "../../turn-end.ts";
import { HeaderEncoder } from "../hpack/header-encoder.ts";
import { defaultFrameSize, frameFlag, frameHead, frameType } from "./frame-types.ts";

/** Room for a frame of the largest size and many small ones. */
const blockSize = 32 * 1024;
/** Blocks that nobody uses, in memory that the processor has at hand; the last one given back is taken first. */
const blocks: Buffer[] = [];
const maxBlocks = 32;

const nothing = Buffer.alloc(0);

/** Writes frames to a socket: those of one turn of the event loop leave together. */
export class FrameOutput implements TurnWriting {
  readonly encoder = new HeaderEncoder();
  /** Called whenever all that was written is with the system. */
  onSent: (() => void) | undefined = undefined;
  readonly #socket: Socket;
  #block: Buffer | undefined;
  #at = 0;
  #isQueued = false;
  #unsent = 0;
  readonly #isTls: boolean;

  constructor(socket: Socket) {
    this.#socket = socket;
    this.#isTls = (socket as Partial<TLSSocket>).encrypted === true;
  }

  /** Whether the other end reads as fast as this one writes. */
  get canTakeMore(): boolean {
    return !this.#socket.writableNeedDrain;
  }

  /** Whether all is with the system. */
  get isSent(): boolean {
    return this.#at === 0 && this.#unsent === 0;
  }

  /** @param chunk at most the largest frame's payload from `from` to `to` */
  data(streamId: number, chunk: Uint8Array, from: number, to: number, endStream: boolean): void {
    const length = to - from;
    const block = this.#head(length, frameType.data, endStream ? frameFlag.endStream : 0, streamId);
    if (length > 0) block.set(from === 0 && to === chunk.length ? chunk : chunk.subarray(from, to), this.#at);
    this.#at += length;
  }

  /**
   * @param fields sound, names and values in turn; names in any spelling
   * @param status 0 where the message has none
   */
  headers(streamId: number, status: number, fields: readonly string[], endStream: boolean): void {
    const room = HeaderEncoder.room(fields);
    const flags = endStream ? frameFlag.endStream : 0;
    if (room > defaultFrameSize) {
      this.#longHeaders(streamId, status, fields, flags, room);
      return;
    }
    const block = this.#reserve(frameHead + room);
    const from = this.#at + frameHead;
    const to = this.encoder.encode(fields, status, block, from);
    this.#at = writeHead(block, this.#at, to - from, frameType.headers, flags | frameFlag.endHeaders, streamId);
    this.#at += to - from;
  }

  #longHeaders(streamId: number, status: number, fields: readonly string[], flags: number, room: number): void {
    const encoded = Buffer.allocUnsafe(room);
    const length = this.encoder.encode(fields, status, encoded, 0);
    for (let from = 0; from < length; from += defaultFrameSize) {
      const to = Math.min(length, from + defaultFrameSize);
      const type = from === 0 ? frameType.headers : frameType.continuation;
      const own = from === 0 ? flags : 0;
      const block = this.#head(to - from, type, to === length ? own | frameFlag.endHeaders : own, streamId);
      this.#at += encoded.copy(block, this.#at, from, to);
    }
  }

  /** A frame of a few bytes. */
  control(type: number, flags: number, streamId: number, payload: Uint8Array): void {
    const block = this.#head(payload.length, type, flags, streamId);
    block.set(payload, this.#at);
    this.#at += payload.length;
  }

  /** What is no frame: a client's preface. */
  bytes(bytes: Uint8Array): void {
    this.#reserve(bytes.length).set(bytes, this.#at);
    this.#at += bytes.length;
  }

  /** A frame whose payload is one number of 32 bits: RST_STREAM and WINDOW_UPDATE. */
  number(type: number, streamId: number, value: number): void {
    const block = this.#head(4, type, 0, streamId);
    this.#at = block.writeUInt32BE(value, this.#at);
  }

  #head(length: number, type: number, flags: number, streamId: number): Buffer {
    const block = this.#reserve(frameHead + length);
    this.#at = writeHead(block, this.#at, length, type, flags, streamId);
    return block;
  }

  /** @returns memory with so many bytes free from `#at` on */
  #reserve(bytes: number): Buffer {
    if (this.#at + bytes > blockSize) this.#write();
    this.atTurnEnd();
    this.#block ??= blocks.pop() ?? Buffer.allocUnsafeSlow(blockSize);
    return this.#block;
  }

  /** Has `onSent` called when the turn is over, or later, also where nothing is written. */
  atTurnEnd(): void {
    if (this.#isQueued) return;
    this.#isQueued = true;
    writeAtTurnEnd(this);
  }

  flush(): void {
    this.#isQueued = false;
    this.#write();
    if (this.isSent) this.onSent?.();
  }

  #write(): void {
    const block = this.#block;
    if (block === undefined || this.#at === 0) return;
    const bytes = block.subarray(0, this.#at);
    this.#at = 0;
    this.#block = undefined;
    if (this.#socket.destroyed) return;
    if (this.#isTls) this.#socket.write(bytes, this.#awaitWritten(block));
    else {
      this.#socket.write(bytes);
      // As almost always: the system has taken it at once.
      if (this.#socket.writableLength === 0) giveBack(block);
      else this.#socket.write(nothing, this.#awaitWritten(block));
    }
  }

  #awaitWritten(block: Buffer): () => void {
    this.#unsent += 1;
    return () => {
      giveBack(block);
      this.#unsent -= 1;
      if (this.isSent) this.onSent?.();
    };
  }

  /** Sends what is left, and closes this side of the connection behind it. */
  end(): void {
    this.#write();
    this.#socket.end();
  }
}

/** @param block nobody reads it any more */
function giveBack(block: Buffer): void {
  if (blocks.length < maxBlocks) blocks.push(block);
}

function writeHead(block: Buffer, at: number, length: number, type: number, flags: number, streamId: number): number {
  block[at] = length >>> 16;
  block[at + 1] = length >>> 8;
  block[at + 2] = length;
  block[at + 3] = type;
  block[at + 4] = flags;
  block[at + 5] = streamId >>> 24;
  block[at + 6] = streamId >>> 16;
  block[at + 7] = streamId >>> 8;
  block[at + 8] = streamId;
  return at + frameHead;
}
