import { open } from "node:fs/promises";
import { crc32 } from "node:zlib";
import type { LogSubscriptionSnapshot } from "@pergola/core";

/**
 * A segment is text: a first line with a nonce; `D <set> <JSON>` for each set of destinations, before its first use; and
 * blocks: `B <set> <bytes> <lines> <epoch ms> <CRC-32>` with that many bytes of log lines after it. So it needs nothing else
 * to be delivered, and finding a destination's lines is jumping from block to block.
 */
const firstLine = /^pergola-spool 1 ([0-9a-f]{32})$/;
const setLine = /^D (\d{1,9}) (.+)$/;
const blockLine = /^B (\d{1,9}) (\d{1,9}) (\d{1,9}) (\d{1,15}) (\d{1,10})$/;
const newline = 10;

/** Lines of one set of destinations that lie together in a segment. */
export interface Block {
  /** Number of the segment. */
  readonly segment: number;
  /** Where the lines begin, and how many bytes and lines there are. */
  readonly offset: number;
  readonly bytes: number;
  readonly count: number;
  /** When it was written, epoch milliseconds. */
  readonly time: number;
  readonly crc: number;
}

/** @param nonce 32 hex digits */
export function encodeFirstLine(nonce: string): Buffer {
  return Buffer.from(`pergola-spool 1 ${nonce}\n`);
}

/** @param set number of the set in this segment */
export function encodeSet(set: number, destinations: readonly LogSubscriptionSnapshot[]): Buffer {
  return Buffer.from(`D ${set} ${JSON.stringify(destinations)}\n`);
}

/** @param set number of the set in this segment */
export function encodeBlockHead(set: number, { bytes, count, time, crc }: Omit<Block, "segment" | "offset">): Buffer {
  return Buffer.from(`B ${set} ${bytes} ${count} ${time} ${crc}\n`);
}

export interface ScannedSegment {
  readonly nonce: string;
  /** The file's size in bytes. */
  readonly size: number;
  readonly blocks: readonly { readonly block: Block; readonly destinations: readonly LogSubscriptionSnapshot[] }[];
  /** Bytes at the end that are no complete line: what a crash left. */
  readonly torn: number;
}

/**
 * Reads what a segment of an earlier process holds. A torn end is cut off at the last whole line.
 * @returns undefined when not even the first line is whole
 */
export async function scanSegment(file: string, segment: number): Promise<ScannedSegment | undefined> {
  await using handle = await open(file, "r");
  const { size } = await handle.stat();
  const sets = new Map<number, readonly LogSubscriptionSnapshot[]>();
  const blocks: { block: Block; destinations: readonly LogSubscriptionSnapshot[] }[] = [];
  const first = await readLine(handle, 0, size);
  const nonce = first && firstLine.exec(first.text)?.[1];
  if (first === undefined || nonce === undefined) return undefined;
  let at = first.end;
  for (;;) {
    const line = await readLine(handle, at, size);
    if (line === undefined) break;
    const set = setLine.exec(line.text);
    const head = blockLine.exec(line.text)?.slice(1).map(Number);
    if (set) {
      const destinations = parseDestinations(set[2] ?? "");
      if (destinations === undefined) break;
      sets.set(Number(set[1]), destinations);
      at = line.end;
      continue;
    }
    const [number = -1, bytes = 0, count = 0, time = 0, crc = 0] = head ?? [];
    const destinations = sets.get(number);
    if (destinations === undefined) break;
    const block = await trimBlock(handle, { segment, offset: line.end, bytes, count, time, crc }, size);
    if (block.bytes > 0) blocks.push({ block, destinations });
    at = block.offset + block.bytes;
    if (block.bytes < bytes) break;
  }
  return { nonce, size, blocks, torn: size - at };
}

type Handle = Awaited<ReturnType<typeof open>>;

/** Longest line of a head: a set of some hundred destinations. */
const maxLineBytes = 1 << 20;

async function readLine(handle: Handle, at: number, size: number): Promise<{ text: string; end: number } | undefined> {
  for (let length = 512; ; length *= 8) {
    const buffer = Buffer.alloc(Math.min(length, size - at));
    const { bytesRead } = await handle.read(buffer, 0, buffer.length, at);
    const end = buffer.subarray(0, bytesRead).indexOf(newline);
    if (end >= 0) return { text: buffer.toString("utf8", 0, end), end: at + end + 1 };
    if (bytesRead >= size - at || length > maxLineBytes) return undefined;
  }
}

function parseDestinations(json: string): readonly LogSubscriptionSnapshot[] | undefined {
  try {
    return JSON.parse(json) as readonly LogSubscriptionSnapshot[];
  } catch {
    // Damaged by a power failure: nothing after it can be told apart, as at a torn end.
    return undefined;
  }
}

async function trimBlock(handle: Handle, block: Block, size: number): Promise<Block> {
  if (block.offset + block.bytes <= size) return block;
  const rest = Buffer.alloc(size - block.offset);
  const { bytesRead } = await handle.read(rest, 0, rest.length, block.offset);
  const bytes = rest.subarray(0, bytesRead).lastIndexOf(newline) + 1;
  return { ...block, bytes, count: countLines(rest.subarray(0, bytes)) };
}

function countLines(lines: Buffer): number {
  let count = 0;
  for (let at = lines.indexOf(newline); at >= 0; at = lines.indexOf(newline, at + 1)) count += 1;
  return count;
}

/**
 * What can be delivered of a block as read: all of it where the checksum is right, else (after a power failure, or a torn end)
 * the lines that are whole.
 */
export function soundLines(lines: Buffer, block: Block): { readonly lines: Buffer; readonly count: number } {
  if (crc32(lines) === block.crc) return { lines, count: block.count };
  const sound = lines.toString("utf8").split("\n").filter(isRecord);
  return { lines: Buffer.from(sound.map((line) => `${line}\n`).join("")), count: sound.length };
}

function isRecord(line: string): boolean {
  if (!line.startsWith("{")) return false;
  try {
    JSON.parse(line);
    return true;
  } catch {
    return false;
  }
}
