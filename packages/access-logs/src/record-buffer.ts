import type { LogSubscriptionSnapshot } from "@pergola/core";
import { setKey } from "./destination-key.ts";
import type { LinePart } from "./format-access-record.ts";

/** Lines in memory, of one set of destinations, on their way to the spool. */
export interface Chunk {
  readonly destinations: readonly LogSubscriptionSnapshot[];
  /** Lines as they will be on disk, each with its newline. */
  readonly lines: Buffer<ArrayBuffer>;
  readonly count: number;
}

/** A chunk that lines are still added to: `lines` has room beyond `size`. */
interface GrowingChunk {
  readonly destinations: readonly LogSubscriptionSnapshot[];
  lines: Buffer<ArrayBuffer>;
  size: number;
  count: number;
}

export interface RecordBuffer {
  /** Whether nothing more may be added. */
  isFull(): boolean;
  /** @param line without newline, in one or in parts */
  add(line: string | readonly LinePart[], destinations: readonly LogSubscriptionSnapshot[]): void;
  /** Takes the oldest chunks, about `maxSize` bytes of them, out of the buffer; they count until `forget`. */
  take(maxSize: number): Chunk[];
  /** The chunks are on disk: nobody may read their lines any more, whose memory is used again. */
  forget(chunks: readonly Chunk[]): void;
  /** The chunks could not be written: they are the oldest again. */
  putBack(chunks: readonly Chunk[]): void;
  /** Bytes, among them those taken and not yet forgotten. */
  size(): number;
  /** Bytes that are not taken. */
  waiting(): number;
  isEmpty(): boolean;
}

/** Beyond this, further lines begin a new chunk: a chunk becomes a block, and blocks fit into a batch of every sink. */
const maxChunkBytes = 256 * 1024;
/** A new chunk's room: most sets of destinations have few records between two writes. */
const firstChunkBytes = 4 * 1024;
/** Memory that is kept for later chunks: of this many, none of them larger than a full chunk becomes by doubling. */
const maxSpare = 4;
const maxSpareBytes = 2 * maxChunkBytes;
const newline = 0x0a;

/** @returns bytes of the chunks' lines */
export function bytesOf(chunks: readonly Chunk[]): number {
  return chunks.reduce((sum, { lines }) => sum + lines.length, 0);
}

/** @param maxBytes above which the buffer is full */
export function recordBuffer(maxBytes: number): RecordBuffer {
  let queue: GrowingChunk[] = [];
  let open = new Map<string, GrowingChunk>();
  let size = 0;
  let taken = 0;
  /** Most callers pass the same array for the same service: its chunk is found without putting a key together. */
  let byArray = new Map<readonly LogSubscriptionSnapshot[], GrowingChunk>();
  /**
   * What is outside of the JavaScript heap makes the collector mark all of it once 32 MB have been allocated. Chunks that grew anew for
   * each write were most of that: a collection for every 5,000 requests. So their memory is used again, or given back at once.
   */
  const spare: Buffer<ArrayBuffer>[] = [];

  const chunkOf = (destinations: readonly LogSubscriptionSnapshot[]): GrowingChunk => {
    const known = byArray.get(destinations);
    if (known !== undefined && known.size < maxChunkBytes) return known;
    const key = setKey(destinations);
    let chunk = open.get(key);
    if (chunk === undefined || chunk.size >= maxChunkBytes) {
      const lines = spare.pop() ?? Buffer.allocUnsafeSlow(firstChunkBytes);
      chunk = { destinations: [...destinations], lines, size: 0, count: 0 };
      open.set(key, chunk);
      queue.push(chunk);
    }
    byArray.set(destinations, chunk);
    return chunk;
  };

  return {
    add(line, destinations) {
      size += append(chunkOf(destinations), typeof line === "string" ? [line] : line);
    },
    take(most) {
      let bytes = 0;
      const end = queue.findIndex((chunk) => {
        bytes += chunk.size;
        return bytes > most;
      });
      const chunks = end < 0 ? queue : queue.slice(0, Math.max(1, end));
      queue = queue.slice(chunks.length);
      open = new Map();
      byArray = new Map();
      const whole = chunks.map((chunk) => ({ ...chunk, lines: chunk.lines.subarray(0, chunk.size) }));
      taken += bytesOf(whole);
      return whole;
    },
    forget(chunks) {
      taken -= bytesOf(chunks);
      for (const { lines } of chunks) {
        size -= lines.length;
        const { byteLength } = lines.buffer;
        const isWanted = spare.length < maxSpare && byteLength > firstChunkBytes && byteLength <= maxSpareBytes;
        if (isWanted) spare.push(Buffer.from(lines.buffer));
        else lines.buffer.transfer(0);
      }
    },
    putBack(chunks) {
      taken -= bytesOf(chunks);
      queue = [...chunks.map((chunk) => ({ ...chunk, size: chunk.lines.length })), ...queue];
    },
    size: () => size,
    waiting: () => size - taken,
    isFull: () => size >= maxBytes,
    isEmpty: () => queue.length === 0,
  };
}

/**
 * Puts a line to bytes at once, while its pieces are in the processor's cache: kept as text until the write, the pieces of a thousand
 * records go through the garbage collector first, which cost more than writing them.
 * @returns bytes that the line takes
 */
function append(chunk: GrowingChunk, parts: readonly LinePart[]): number {
  let needed = chunk.size + 1;
  // Three bytes for each UTF-16 unit is the most that UTF-8 takes.
  for (const part of parts) needed += typeof part === "string" ? part.length * 3 : part.length;
  if (needed > chunk.lines.length) {
    chunk.lines = Buffer.from(chunk.lines.buffer.transfer(Math.max(needed, chunk.lines.length * 2)));
  }
  const { lines, size } = chunk;
  let at = size;
  for (const part of parts) {
    if (typeof part === "string") at += lines.write(part, at);
    else {
      lines.set(part, at);
      at += part.length;
    }
  }
  lines[at] = newline;
  chunk.size = at + 1;
  chunk.count += 1;
  return chunk.size - size;
}
