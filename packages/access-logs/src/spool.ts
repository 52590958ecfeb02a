import { open, unlink } from "node:fs/promises";
import { join } from "node:path";
import type { LogSubscriptionSnapshot } from "@pergola/core";
import { type ActiveSegment, createSegment, type Segment } from "./active-segment.ts";
import type { Entry } from "./encode-entries.ts";
import { findSegments, segmentName } from "./find-segments.ts";
import { recentLines } from "./recent-lines.ts";
import type { Block } from "./spool-format.ts";

export interface Spool {
  /** What earlier processes left, oldest first; read once, at the opening. */
  readonly found: readonly { readonly block: Block; readonly destinations: readonly LogSubscriptionSnapshot[] }[];
  readonly torn: number;
  /**
   * Appends the entries in one write. All or nothing: after an error the same entries can be appended again.
   * @returns a block for each, in order
   */
  append(entries: readonly Entry[], time: number): Promise<readonly Block[]>;
  /**
   * @param into memory of the block's size
   * @returns true when the lines never left memory, false when they come from the disk, which may have damaged them
   */
  read(block: Block, into: Buffer): Promise<boolean>;
  /** Identifies a place in this or any other spool. */
  nonceOf(segment: number): string;
  /** One destination has the block. A segment nobody waits for is deleted. @returns true when the segment went */
  release(block: Block): Promise<boolean>;
  /** Brings what was appended to the disk itself. More can be appended meanwhile: a slow disk holds nobody up. */
  sync(): Promise<void>;
  /** Bytes in all segments. */
  bytes(): number;
  holds(segment: number): boolean;
  close(): Promise<void>;
}

/** Bytes that are in memory as well: two batches of local files. */
const recentBytes = 8 << 20;

/**
 * Opens the spool in `dir`, which the caller has locked.
 * @param after number of the last segment that checkpoints know: numbers are not given out again
 * @param segmentBytes size at which a new segment begins
 */
export async function openSpool(dir: string, after: number, segmentBytes: number): Promise<Spool> {
  const pathOf = (number: number): string => join(dir, segmentName(number));
  const { segments, found, torn, newest } = await findSegments(dir);
  let last = Math.max(after, newest);
  let active: ActiveSegment | undefined;
  const recent = recentLines(recentBytes);

  const begin = async (): Promise<ActiveSegment> => {
    const number = last + 1;
    const created = await createSegment(pathOf(number), number);
    last = number;
    active = created;
    segments.set(number, created.segment);
    try {
      await created.begin();
    } catch (error) {
      await seal();
      throw error;
    }
    return created;
  };
  const seal = async (): Promise<void> => {
    if (active === undefined) return;
    const sealed = active;
    active = undefined;
    sealed.segment.sealed = true;
    try {
      await sealed.close();
    } finally {
      await removeIfDone(sealed.segment);
    }
  };
  const removeIfDone = async (segment: Segment): Promise<boolean> => {
    if (!segment.sealed || segment.owed > 0) return false;
    // The last block may be released while the segment is being sealed: whoever comes first removes it.
    if (!segments.delete(segment.number)) return false;
    await unlink(pathOf(segment.number));
    return true;
  };

  return {
    found,
    torn,
    async append(entries, time) {
      if (active !== undefined && active.segment.size >= segmentBytes) await seal();
      const blocks = await (active ?? (await begin())).append(entries, time);
      for (const [index, { lines }] of entries.entries()) recent.keep(blocks[index] as Block, lines);
      return blocks;
    },
    async read(block, into) {
      if (recent.copy(block, into)) return true;
      const { segment, offset, bytes } = block;
      await using handle = await open(pathOf(segment), "r");
      for (let done = 0; done < bytes; ) {
        const { bytesRead } = await handle.read(into, done, bytes - done, offset + done);
        if (bytesRead === 0) throw new Error(`\`${pathOf(segment)}\` has become shorter`);
        done += bytesRead;
      }
      return false;
    },
    nonceOf: (segment) => segments.get(segment)?.nonce ?? "",
    async release({ segment: number }) {
      const segment = segments.get(number);
      if (segment === undefined) return false;
      segment.owed -= 1;
      return removeIfDone(segment);
    },
    sync: () => active?.sync() ?? Promise.resolve(),
    bytes: () => segments.values().reduce((sum, { size }) => sum + size, 0),
    holds: (segment) => segments.has(segment),
    close: seal,
  };
}
