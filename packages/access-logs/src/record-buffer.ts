import type { LogSubscriptionSnapshot } from "@pergola/core";
import { setKey } from "./spool.ts";

/** Lines in memory, of one set of destinations, on their way to the spool. */
export interface Chunk {
  readonly destinations: readonly LogSubscriptionSnapshot[];
  text: string;
  count: number;
}

export interface RecordBuffer {
  /** Whether nothing more may be added. */
  isFull(): boolean;
  /** @param line without newline */
  add(line: string, destinations: readonly LogSubscriptionSnapshot[]): void;
  /** Takes the oldest chunks, about `maxSize` characters of them, out of the buffer; they count until `forget`. */
  take(maxSize: number): Chunk[];
  /** The chunks are on disk. */
  forget(chunks: readonly Chunk[]): void;
  /** The chunks could not be written: they are the oldest again. */
  putBack(chunks: readonly Chunk[]): void;
  /** Characters, among them those taken and not yet forgotten. */
  size(): number;
  isEmpty(): boolean;
}

/** Beyond this, further lines begin a new chunk: a chunk becomes a block, and blocks fit into a batch of every sink. */
const maxChunkSize = 256 * 1024;

/** @param maxSize in characters, each 1–3 bytes of memory */
export function recordBuffer(maxSize: number): RecordBuffer {
  let queue: Chunk[] = [];
  let open = new Map<string, Chunk>();
  let size = 0;
  /** Most callers pass the same array for the same service: its chunk is found without putting a key together. */
  let byArray = new Map<readonly LogSubscriptionSnapshot[], Chunk>();

  const chunkOf = (destinations: readonly LogSubscriptionSnapshot[]): Chunk => {
    const known = byArray.get(destinations);
    if (known !== undefined && known.text.length < maxChunkSize) return known;
    const key = setKey(destinations);
    let chunk = open.get(key);
    if (chunk === undefined || chunk.text.length >= maxChunkSize) {
      chunk = { destinations: [...destinations], text: "", count: 0 };
      open.set(key, chunk);
      queue.push(chunk);
    }
    byArray.set(destinations, chunk);
    return chunk;
  };

  return {
    add(line, destinations) {
      const chunk = chunkOf(destinations);
      chunk.text += `${line}\n`;
      chunk.count += 1;
      size += line.length + 1;
    },
    take(most) {
      let taken = 0;
      const end = queue.findIndex((chunk) => {
        taken += chunk.text.length;
        return taken > most;
      });
      const chunks = end < 0 ? queue : queue.slice(0, Math.max(1, end));
      queue = queue.slice(chunks.length);
      open = new Map();
      byArray = new Map();
      return chunks;
    },
    forget(chunks) {
      for (const chunk of chunks) size -= chunk.text.length;
    },
    putBack(chunks) {
      queue = [...chunks, ...queue];
    },
    size: () => size,
    isFull: () => size >= maxSize,
    isEmpty: () => queue.length === 0,
  };
}
