import type { LogSubscriptionSnapshot } from "@pergola/core";
import type { Delivery } from "./delivery.ts";
import type { LossReport } from "./loss-report.ts";
import type { Settings } from "./options.ts";
import { bytesOf, type Chunk, type RecordBuffer } from "./record-buffer.ts";
import type { Spool } from "./spool.ts";

/** Moves records from memory to disk, again and again while the disk fails. */
export interface SpoolWriter {
  /** Sees to it that what is in memory is on disk soon. */
  writeSoon(): void;
  /** Everything now in memory. @throws what the disk says, after one try; the records stay in memory and are tried again */
  write(): Promise<void>;
  /** Runs a task while nothing is written: all that touches the newest segment runs one after another. */
  exclusively(task: () => Promise<void>): Promise<void>;
  /** Writes a last time. @throws what the disk says */
  stop(): Promise<void>;
}

const retryMs = 250;
/** The buffer is written early at this size, and in portions of it, in bytes. */
const portion = 1 << 20;

export function spoolWriter(
  buffer: RecordBuffer,
  spool: Spool,
  delivery: Delivery,
  losses: LossReport,
  settings: Settings,
): SpoolWriter {
  let timer: NodeJS.Timeout | undefined;
  let early = false;
  let stopped = false;
  let failures = 0;
  let tail: Promise<void> = Promise.resolve();

  const exclusively = (task: () => Promise<void>): Promise<void> => {
    const result = tail.then(task);
    tail = result.catch(() => {
      // Each caller handles its own error; the next task does not depend on this one's.
    });
    return result;
  };
  const failed = (cause: unknown): void => {
    failures += 1;
    if ((failures & (failures - 1)) === 0) {
      settings.logger.error("the access log spool cannot be written; records are kept in memory", { cause });
    }
    if (!stopped && timer === undefined) writeIn(retryMs);
  };
  const writeAll = async (): Promise<void> => {
    clearTimeout(timer);
    timer = undefined;
    early = false;
    try {
      // Not what comes meanwhile: under load that is never nothing, and was written 30 KB at a time, 350 times a second.
      let left = buffer.waiting();
      while (left > 0) left -= await writePortion(buffer, spool, delivery, losses, settings);
    } catch (cause) {
      failed(cause);
      throw cause;
    }
    if (failures > 0) settings.logger.info("the access log spool can be written again", { failures });
    failures = 0;
  };
  const writeIn = (milliseconds: number): void => {
    timer = setTimeout(() => {
      exclusively(writeAll).catch(() => {
        // `failed` has logged it and set the next try.
      });
    }, milliseconds);
  };

  return {
    exclusively,
    write: () => exclusively(writeAll),
    writeSoon() {
      if (timer === undefined) writeIn(settings.flushMs);
      else if (!early && failures === 0 && buffer.waiting() > portion) {
        early = true;
        clearTimeout(timer);
        writeIn(0);
      }
    },
    stop() {
      stopped = true;
      return exclusively(writeAll);
    },
  };
}

/**
 * Moves the oldest records from memory to disk, for those destinations that there is room for.
 * @returns their bytes
 */
async function writePortion(
  buffer: RecordBuffer,
  spool: Spool,
  delivery: Delivery,
  losses: LossReport,
  { maxSpoolBytes, clock }: Settings,
): Promise<number> {
  const chunks = buffer.take(portion);
  const bytes = bytesOf(chunks);
  const used = spool.bytes();
  const accepts = (destination: LogSubscriptionSnapshot): boolean =>
    used < maxSpoolBytes / 2 || (used < maxSpoolBytes && !delivery.isFailing(destination));
  const entries = chunks.map(({ destinations, lines, count }: Chunk) => {
    const accepting = destinations.filter(accepts);
    return {
      destinations: accepting,
      lines,
      count,
      refused: destinations.length - accepting.length,
    };
  });
  const kept = entries.filter(({ destinations }) => destinations.length > 0);
  try {
    const blocks = kept.length === 0 ? [] : await spool.append(kept, clock.now().getTime());
    for (const [index, block] of blocks.entries()) delivery.add(block, kept[index]?.destinations ?? []);
  } catch (error) {
    buffer.putBack(chunks);
    throw error;
  }
  buffer.forget(chunks);
  for (const { count, refused } of entries) if (refused > 0) losses.add("spool-full", count * refused);
  return bytes;
}
