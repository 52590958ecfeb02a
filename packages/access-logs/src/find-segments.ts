import { mkdir, readdir, unlink } from "node:fs/promises";
import { join } from "node:path";
import type { Segment } from "./active-segment.ts";
import { type ScannedSegment, scanSegment } from "./spool-format.ts";

const fileName = /^(\d{12})\.spool$/;

/** @returns the name of a segment's file */
export function segmentName(number: number): string {
  return `${String(number).padStart(12, "0")}.spool`;
}

/** What earlier processes have left. */
interface FoundSegments {
  readonly segments: Map<number, Segment>;
  readonly found: readonly ScannedSegment["blocks"][number][];
  /** Bytes that were no complete lines. */
  readonly torn: number;
  /** Number of the newest segment; 0 without any. */
  readonly newest: number;
}

/** Reads what earlier processes left in `dir`; segments that nobody waits for are deleted. */
export async function findSegments(dir: string): Promise<FoundSegments> {
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
