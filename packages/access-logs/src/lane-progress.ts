import { createHash } from "node:crypto";
import type { Clock } from "@pergola/core";
import { countOf, nextBatch } from "./batch.ts";
import { type Checkpoint, isUntil } from "./checkpoint.ts";
import type { Spool } from "./spool.ts";
import type { Block } from "./spool-format.ts";

export interface Batch {
  readonly blocks: readonly Block[];
  readonly batchId: string;
  readonly time: Date;
}

/** Which blocks one destination still has to get, and how far it is on disk. */
export interface LaneProgress {
  add(block: Block): void;
  /** An earlier process delivered this block, whose segment is still there: as long as it is, so is the checkpoint. */
  recall(block: Block): void;
  /** @returns the batch that was begun and not ended, or a new one that is now begun; undefined when nothing is pending */
  begin(): Promise<Batch | undefined>;
  /** These blocks, the oldest, are done with: delivered, or given up. */
  end(blocks: readonly Block[]): Promise<void>;
  /** @returns the blocks written before `time`, epoch milliseconds */
  before(time: number): readonly Block[];
  /** Blocks ever added, and ever ended. */
  added(): number;
  ended(): number;
  pendingBytes(): number;
  pendingLines(): number;
  isBegun(): boolean;
  /** @returns true when nothing is pending, and no segment is left that the checkpoint is needed for */
  isSpent(): boolean;
}

/**
 * @param destination its key
 * @param checkpoint of an earlier process
 * @param save writes a checkpoint; it handles its own failures
 */
export function laneProgress(
  destination: string,
  checkpoint: Checkpoint | undefined,
  maxBatchBytes: number,
  spool: Spool,
  clock: Clock,
  save: (checkpoint: Checkpoint) => Promise<void>,
): LaneProgress {
  const pending: Block[] = [];
  const segments = new Set<number>();
  let pendingBytes = 0;
  let added = 0;
  let ended = 0;
  let { done, intent } = checkpoint ?? {};

  const store = (): Promise<void> => save({ destination, ...(done && { done }), ...(intent && { intent }) });
  return {
    add(block) {
      pending.push(block);
      segments.add(block.segment);
      pendingBytes += block.bytes;
      added += 1;
    },
    recall: (block) => void segments.add(block.segment),
    async begin() {
      const blocks = nextBatch(pending, intent?.until, maxBatchBytes);
      const [first] = blocks;
      const last = blocks.at(-1);
      if (first === undefined || last === undefined) return undefined;
      if (intent === undefined || !isUntil(first, intent.until)) {
        // Unique by the segment's nonce, also when the spool was deleted and its numbers begin anew.
        const id = `${destination}\n${spool.nonceOf(first.segment)}\n${first.offset}`;
        const batchId = createHash("sha256").update(id).digest("hex").slice(0, 32);
        const until = { segment: last.segment, offset: last.offset };
        intent = { until, batchId, time: clock.now().toISOString() };
        await store();
      }
      return { blocks, batchId: intent.batchId, time: new Date(intent.time) };
    },
    async end(blocks) {
      const last = blocks.at(-1);
      if (last === undefined) return;
      done = { segment: last.segment, offset: last.offset };
      intent = undefined;
      pending.splice(0, blocks.length);
      ended += blocks.length;
      for (const block of blocks) pendingBytes -= block.bytes;
      // In this order: a segment must not go before the checkpoint says that it may.
      await store();
      for (const block of blocks) await spool.release(block);
    },
    before(time) {
      const end = pending.findIndex((block) => block.time >= time);
      return end < 0 ? [...pending] : pending.slice(0, end);
    },
    added: () => added,
    ended: () => ended,
    pendingBytes: () => pendingBytes,
    pendingLines: () => countOf(pending),
    isBegun: () => intent !== undefined,
    isSpent() {
      for (const segment of segments) if (!spool.holds(segment)) segments.delete(segment);
      return pending.length === 0 && segments.size === 0;
    },
  };
}
