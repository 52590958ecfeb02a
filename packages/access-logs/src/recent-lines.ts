import type { Block } from "./spool-format.ts";

/** The newest lines of the spool, in memory as well: most are delivered within a second, and need not be read from the disk. */
export interface RecentLines {
  /** Copies a block's lines, over the oldest ones. */
  keep(block: Block, lines: Buffer): void;
  /** @returns true when the block's lines were copied to `into`, false when they are not here (any more) */
  copy(block: Block, into: Buffer): boolean;
}

/**
 * @param capacity bytes. Memory of its own, made once and written round and round: nothing of it is left to the collector, and no
 * delivery that is late keeps more of it.
 */
export function recentLines(capacity: number): RecentLines {
  let memory: Buffer | undefined;
  /** Bytes ever kept, among them those left free at the end of a round: a block's lines lie in one piece. */
  let written = 0;
  const places = new WeakMap<Block, number>();
  return {
    keep(block, lines) {
      if (lines.length > capacity) return;
      memory ??= Buffer.allocUnsafeSlow(capacity);
      const free = capacity - (written % capacity);
      if (free < lines.length) written += free;
      lines.copy(memory, written % capacity);
      places.set(block, written);
      written += lines.length;
    },
    copy(block, into) {
      const place = places.get(block);
      if (memory === undefined || place === undefined || written - place > capacity) return false;
      memory.copy(into, 0, place % capacity, (place % capacity) + block.bytes);
      return true;
    },
  };
}
