import { setImmediate } from "node:timers/promises";
import { isUntil, type Place } from "./checkpoint.ts";
import type { Spool } from "./spool.ts";
import { type Block, soundLines } from "./spool-format.ts";

/**
 * @param until where a batch that was begun ends; it is put together again from just the same blocks
 * @param maxBytes of lines; the first block counts as one that fits
 * @returns the blocks of the next batch, from the front of `pending`
 */
export function nextBatch(pending: readonly Block[], until: Place | undefined, maxBytes: number): readonly Block[] {
  if (until !== undefined) {
    const end = pending.findIndex((block) => !isUntil(block, until));
    if (end !== 0) return end < 0 ? [...pending] : pending.slice(0, end);
  }
  let bytes = 0;
  const end = pending.findIndex((block, index) => {
    bytes += block.bytes;
    return index > 0 && bytes > maxBytes;
  });
  return end < 0 ? [...pending] : pending.slice(0, end);
}

/** What was read of the blocks of a batch. */
export interface ReadBatch {
  readonly lines: Buffer;
  readonly count: number;
  /** Lines that are missing because the disk has damaged them. */
  readonly damaged: number;
  /**
   * Gives the memory of the lines back: nobody may read them any more. A megabyte for every batch, alive for as long as a disk takes,
   * would be left to the collector's next round through the whole heap.
   */
  release(): void;
}

/**
 * @returns the sound lines of the blocks, which `release` gives back
 * @throws (rejects) when a block cannot be read from the disk, where it is not in memory any more
 */
export async function readBatch(spool: Spool, blocks: readonly Block[]): Promise<ReadBatch> {
  const memory = Buffer.allocUnsafeSlow(blocks.reduce((sum, { bytes }) => sum + bytes, 0));
  const parts = [];
  let at = 0;
  for (const block of blocks) {
    // Requests have their turn in between: putting 4 MB together takes a millisecond.
    if (at > 0) await setImmediate();
    const lines = memory.subarray(at, at + block.bytes);
    const isSound = await spool.read(block, lines);
    parts.push(isSound ? { lines, count: block.count } : soundLines(lines, block));
    at += block.bytes;
  }
  const count = parts.reduce((sum, part) => sum + part.count, 0);
  const damaged = countOf(blocks) - count;
  return {
    lines: damaged === 0 ? memory : Buffer.concat(parts.map((part) => part.lines)),
    count,
    damaged,
    release: () => void memory.buffer.transfer(0),
  };
}

/** @returns the number of lines in the blocks */
export function countOf(blocks: readonly Block[]): number {
  return blocks.reduce((sum, block) => sum + block.count, 0);
}
