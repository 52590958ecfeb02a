import { randomBytes } from "node:crypto";
import { type FileHandle, mkdir, open, readdir, unlink } from "node:fs/promises";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import type { LogSubscriptionSnapshot } from "@pergola/core";
import {
  type Block,
  encodeBlockHead,
  encodeFirstLine,
  encodeSet,
  type ScannedSegment,
  scanSegment,
} from "./spool-format.ts";

/** Lines to be spooled for one set of destinations. */
export interface Entry {
  readonly destinations: readonly LogSubscriptionSnapshot[];
  readonly lines: Buffer;
  readonly count: number;
}

interface Segment {
  readonly number: number;
  readonly nonce: string;
  size: number;
  /** How often its blocks are still to be delivered: a block with two destinations counts twice. */
  owed: number;
  sealed: boolean;
}

/** The newest segment, which is appended to. */
interface ActiveSegment {
  readonly segment: Segment;
  readonly handle: FileHandle;
  /** The sets of destinations that it knows, and their numbers. */
  readonly sets: Map<string, number>;
  /** Whether anything was appended since the last sync began. */
  dirty: boolean;
  syncing: Promise<void> | undefined;
}

export interface Spool {
  /** What earlier processes left, oldest first; read once, at the opening. */
  readonly found: readonly { readonly block: Block; readonly destinations: readonly LogSubscriptionSnapshot[] }[];
  readonly torn: number;
  /**
   * Appends the entries in one write. All or nothing: after an error the same entries can be appended again.
   * @returns a block for each, in order
   */
  append(entries: readonly Entry[], time: number): Promise<readonly Block[]>;
  read(block: Block): Promise<Buffer>;
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

const fileName = /^(\d{12})\.spool$/;

/**
 * Opens the spool in `dir`, which the caller has locked.
 * @param after number of the last segment that checkpoints know: numbers are not given out again
 * @param segmentBytes size at which a new segment begins
 */
export async function openSpool(dir: string, after: number, segmentBytes: number): Promise<Spool> {
  const pathOf = (number: number): string => join(dir, `${String(number).padStart(12, "0")}.spool`);
  const { segments, found, torn, newest } = await findSegments(dir);
  let last = Math.max(after, newest);
  let active: ActiveSegment | undefined;

  const begin = async (): Promise<ActiveSegment> => {
    const number = last + 1;
    const nonce = randomBytes(16).toString("hex");
    const handle = await open(pathOf(number), "wx", 0o600);
    last = number;
    const head = encodeFirstLine(nonce);
    const segment: Segment = { number, nonce, size: head.length, owed: 0, sealed: false };
    active = { segment, handle, sets: new Map(), dirty: true, syncing: undefined };
    segments.set(number, segment);
    try {
      await writeAt(handle, head, 0);
    } catch (error) {
      await seal();
      throw error;
    }
    return active;
  };
  const seal = async (): Promise<void> => {
    if (active === undefined) return;
    const sealed = active;
    const { segment, handle } = sealed;
    active = undefined;
    segment.sealed = true;
    try {
      await sealed.syncing?.catch(() => {
        // Its caller hears of it; the segment is dirty again.
      });
      if (sealed.dirty) await handle.datasync();
    } finally {
      await handle.close();
      await removeIfDone(segment);
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
      const { segment, handle, sets } = active ?? (await begin());
      const { data, blocks, fresh } = encodeEntries(entries, segment, sets, time);
      // Always at the end of what is whole: a torn write before this one is written over, or cut off.
      await writeAt(handle, data, segment.size).catch(async (error: unknown) => {
        await handle.truncate(segment.size);
        throw error;
      });
      for (const [key, set] of fresh) sets.set(key, set);
      segment.size += data.length;
      segment.owed += entries.reduce((sum, { destinations }) => sum + destinations.length, 0);
      if (active !== undefined) active.dirty = true;
      return blocks;
    },
    async read({ segment, offset, bytes }) {
      await using handle = await open(pathOf(segment), "r");
      const buffer = Buffer.allocUnsafe(bytes);
      for (let done = 0; done < bytes; ) {
        const { bytesRead } = await handle.read(buffer, done, bytes - done, offset + done);
        if (bytesRead === 0) throw new Error(`\`${pathOf(segment)}\` has become shorter`);
        done += bytesRead;
      }
      return buffer;
    },
    nonceOf: (segment) => segments.get(segment)?.nonce ?? "",
    async release({ segment: number }) {
      const segment = segments.get(number);
      if (segment === undefined) return false;
      segment.owed -= 1;
      return removeIfDone(segment);
    },
    sync: () => (active === undefined ? Promise.resolve() : syncSegment(active)),
    bytes: () => segments.values().reduce((sum, { size }) => sum + size, 0),
    holds: (segment) => segments.has(segment),
    close: seal,
  };
}

function syncSegment(active: ActiveSegment): Promise<void> {
  if (active.syncing !== undefined) return active.syncing;
  if (!active.dirty) return Promise.resolve();
  active.dirty = false;
  active.syncing = active.handle
    .datasync()
    .catch((error: unknown) => {
      active.dirty = true;
      throw error;
    })
    .finally(() => {
      active.syncing = undefined;
    });
  return active.syncing;
}

/** Reads what earlier processes left in `dir`; segments that nobody waits for are deleted. */
async function findSegments(dir: string): Promise<{
  segments: Map<number, Segment>;
  found: ScannedSegment["blocks"][number][];
  torn: number;
  newest: number;
}> {
  await mkdir(dir, { recursive: true, mode: 0o700 });
  const segments = new Map<number, Segment>();
  const found: ScannedSegment["blocks"][number][] = [];
  let torn = 0;
  let newest = 0;
  for (const name of (await readdir(dir)).sort()) {
    const number = Number(fileName.exec(name)?.[1] ?? Number.NaN);
    if (Number.isNaN(number)) continue;
    newest = number;
    const scanned = await scanSegment(join(dir, name), number);
    const owed = scanned?.blocks.reduce((sum, { destinations }) => sum + destinations.length, 0) ?? 0;
    torn += scanned?.torn ?? 0;
    if (scanned === undefined || owed === 0) {
      await unlink(join(dir, name));
      continue;
    }
    segments.set(number, { number, nonce: scanned.nonce, size: scanned.size, owed, sealed: true });
    found.push(...scanned.blocks);
  }
  return { segments, found, torn, newest };
}

/** @returns the bytes that append the entries to a segment, where their lines will be, and the sets that are new to it */
function encodeEntries(
  entries: readonly Entry[],
  { number: segment, size }: Segment,
  sets: ReadonlyMap<string, number>,
  time: number,
): { data: Buffer; blocks: Block[]; fresh: Map<string, number> } {
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
  return { data: Buffer.concat(parts), blocks, fresh };
}

/** @returns what tells sets of destinations apart */
export function setKey(destinations: readonly LogSubscriptionSnapshot[]): string {
  let key = "";
  for (const destination of destinations) key += `${destinationKey(destination)}\n`;
  return key;
}

/**
 * @returns what tells destinations apart: where the lines end up, and not which subscription sends them there. A subscription that
 * is deleted and made again goes on in the same log stream, which may have one writer only.
 */
export function destinationKey({ resourceId, destinationArn }: LogSubscriptionSnapshot): string {
  // A log group's ARN is the same with and without `:*`.
  return `${resourceId} ${destinationArn.replace(/:\*$/, "")}`;
}

async function writeAt(handle: FileHandle, data: Buffer, position: number): Promise<void> {
  for (let done = 0; done < data.length; ) {
    const { bytesWritten } = await handle.write(data, done, data.length - done, position + done);
    done += bytesWritten;
  }
}
