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

/** @returns the lines of the blocks, and how many are missing because the disk has damaged them */
export async function readBatch(
  spool: Spool,
  blocks: readonly Block[],
): Promise<{ readonly lines: Buffer; readonly count: number; readonly damaged: number }> {
  const parts = [];
  for (const block of blocks) parts.push(soundLines(await spool.read(block), block));
  const count = parts.reduce((sum, part) => sum + part.count, 0);
  return {
    lines: Buffer.concat(parts.map((part) => part.lines)),
    count,
    damaged: countOf(blocks) - count,
  };
}

/** @returns the number of lines in the blocks */
export function countOf(blocks: readonly Block[]): number {
  return blocks.reduce((sum, block) => sum + block.count, 0);
}
