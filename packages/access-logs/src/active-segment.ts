import { randomBytes } from "node:crypto";
import { type FileHandle, open } from "node:fs/promises";
import { type Entry, encodeEntries } from "./encode-entries.ts";
import { type Block, encodeFirstLine } from "./spool-format.ts";

/** A file of the spool. */
export interface Segment {
  readonly number: number;
  readonly nonce: string;
  size: number;
  /** How often its blocks are still to be delivered: a block with two destinations counts twice. */
  owed: number;
  sealed: boolean;
}

/** The newest segment, which is appended to. */
export class ActiveSegment {
  readonly segment: Segment;
  readonly #handle: FileHandle;
  /** The sets of destinations that it knows, and their numbers. */
  readonly #sets = new Map<string, number>();
  /** Whether anything was appended since the last sync began. */
  #isDirty = true;
  #syncing: Promise<void> | undefined;

  constructor(segment: Segment, handle: FileHandle) {
    this.segment = segment;
    this.#handle = handle;
  }

  /** Writes the first line. */
  begin(): Promise<void> {
    return writeAt(this.#handle, [encodeFirstLine(this.segment.nonce)], 0);
  }

  /**
   * Appends the entries in one write. All or nothing: after an error the same entries can be appended again.
   * @returns a block for each, in order
   */
  async append(entries: readonly Entry[], time: number): Promise<readonly Block[]> {
    const { segment } = this;
    const { parts, bytes, blocks, fresh } = encodeEntries(entries, segment, this.#sets, time);
    // Always at the end of what is whole: a torn write before this one is written over, or cut off.
    await writeAt(this.#handle, parts, segment.size).catch(async (error: unknown) => {
      await this.#handle.truncate(segment.size);
      throw error;
    });
    for (const [key, set] of fresh) this.#sets.set(key, set);
    segment.size += bytes;
    segment.owed += entries.reduce((sum, { destinations }) => sum + destinations.length, 0);
    this.#isDirty = true;
    return blocks;
  }

  /** Brings what was appended to the disk itself; more can be appended meanwhile. */
  sync(): Promise<void> {
    if (this.#syncing !== undefined) return this.#syncing;
    if (!this.#isDirty) return Promise.resolve();
    this.#isDirty = false;
    this.#syncing = this.#handle
      .datasync()
      .catch((error: unknown) => {
        this.#isDirty = true;
        throw error;
      })
      .finally(() => {
        this.#syncing = undefined;
      });
    return this.#syncing;
  }

  /** Brings all to the disk and closes the file; nothing is appended any more. */
  async close(): Promise<void> {
    try {
      await this.#syncing?.catch(() => {
        // Its caller hears of it; the segment is dirty again.
      });
      if (this.#isDirty) await this.#handle.datasync();
    } finally {
      await this.#handle.close();
    }
  }
}

/** Makes the file of a new segment, which must not be there yet; the segment has still to `begin`. */
export async function createSegment(file: string, number: number): Promise<ActiveSegment> {
  const nonce = randomBytes(16).toString("hex");
  const handle = await open(file, "wx", 0o600);
  const { length: size } = encodeFirstLine(nonce);
  return new ActiveSegment({ number, nonce, size, owed: 0, sealed: false }, handle);
}

async function writeAt(handle: FileHandle, parts: readonly Buffer[], position: number): Promise<void> {
  let at = position;
  for (let rest = [...parts]; rest.length > 0; ) {
    const { bytesWritten } = await handle.writev(rest, at);
    at += bytesWritten;
    rest = withoutFirst(rest, bytesWritten);
  }
}

/** @returns what is left of the parts behind their first bytes */
function withoutFirst(parts: readonly Buffer[], bytes: number): Buffer[] {
  let left = bytes;
  const at = parts.findIndex((part) => {
    if (part.length > left) return true;
    left -= part.length;
    return false;
  });
  const [first, ...rest] = at < 0 ? [] : parts.slice(at);
  return first === undefined ? [] : [first.subarray(left), ...rest];
}
