import { crc32 } from "node:zlib";
import type { LogSubscriptionSnapshot } from "@pergola/core";
import { setKey } from "./destination-key.ts";
import { type Block, encodeBlockHead, encodeSet } from "./spool-format.ts";

/** Lines to be spooled for one set of destinations. */
export interface Entry {
  readonly destinations: readonly LogSubscriptionSnapshot[];
  readonly lines: Buffer;
  readonly count: number;
}

/** The segment that is appended to, and its size so far. */
interface Place {
  readonly number: number;
  readonly size: number;
}

/**
 * @returns the bytes that append the entries to a segment, in parts that are not copied, where their lines will be, and the sets that
 * are new to it
 */
export function encodeEntries(
  entries: readonly Entry[],
  { number: segment, size }: Place,
  sets: ReadonlyMap<string, number>,
  time: number,
): { parts: Buffer[]; bytes: number; blocks: Block[]; fresh: Map<string, number> } {
  const parts: Buffer[] = [];
  const blocks: Block[] = [];
  const fresh = new Map<string, number>();
  let offset = size;
  const add = (part: Buffer): void => {
    parts.push(part);
    offset += part.length;
  };
  for (const { destinations, lines, count } of entries) {
    const key = setKey(destinations);
    let set = sets.get(key) ?? fresh.get(key);
    if (set === undefined) {
      set = sets.size + fresh.size;
      fresh.set(key, set);
      add(encodeSet(set, destinations));
    }
    const block = { bytes: lines.length, count, time, crc: crc32(lines) };
    add(encodeBlockHead(set, block));
    blocks.push({ segment, offset, ...block });
    add(lines);
  }
  return { parts, bytes: offset - size, blocks, fresh };
}
