import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { writeFileAtomic } from "./atomic-file.ts";
import type { Block } from "./spool-format.ts";

/** A place in the spool: number of the segment, offset of the block's lines. */
export interface Place {
  readonly segment: number;
  readonly offset: number;
}

/** How far the delivery to one destination is. */
export interface Checkpoint {
  /** `destinationKey` */
  readonly destination: string;
  /** The last block that the destination has. */
  readonly done?: Place;
  /** The batch that may be under way: it ends with this block. Written before delivery begins, so that it comes again alike. */
  readonly intent?: { readonly until: Place; readonly batchId: string; readonly time: string };
}

export interface Checkpoints {
  read(): Promise<Map<string, Checkpoint>>;
  write(checkpoint: Checkpoint): Promise<void>;
  remove(destination: string): Promise<void>;
}

/** @returns true when `block` does not come after `place` */
export function isUntil(block: Block, place: Place): boolean {
  return block.segment < place.segment || (block.segment === place.segment && block.offset <= place.offset);
}

/** Checkpoints in `dir`, one file for each destination. */
export function openCheckpoints(dir: string): Checkpoints {
  const pathOf = (destination: string): string =>
    join(dir, `${createHash("sha256").update(destination).digest("hex").slice(0, 32)}.json`);
  return {
    async read() {
      await mkdir(dir, { recursive: true, mode: 0o700 });
      const found = new Map<string, Checkpoint>();
      for (const name of await readdir(dir)) {
        const path = join(dir, name);
        if (!name.endsWith(".json")) {
          await rm(path, { force: true });
          continue;
        }
        const checkpoint = parse(await readFile(path, "utf8"), path);
        found.set(checkpoint.destination, checkpoint);
      }
      return found;
    },
    write: (checkpoint) => writeFileAtomic(pathOf(checkpoint.destination), JSON.stringify(checkpoint)),
    remove: (destination) => rm(pathOf(destination), { force: true }),
  };
}

function parse(text: string, path: string): Checkpoint {
  try {
    return JSON.parse(text) as Checkpoint;
  } catch (cause) {
    throw new Error(`\`${path}\` is damaged: delete it to have the spool's lines of one destination delivered again`, {
      cause,
    });
  }
}
