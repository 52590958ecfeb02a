import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { AccessRecord, AccessRecordSink, LogSubscriptionSnapshot } from "@pergola/core";
import { openCheckpoints } from "./checkpoint.ts";
import { type Delivery, startDelivery } from "./delivery.ts";
import type { LaneState } from "./delivery-lane.ts";
import { type LossReason, type LossReport, lossReport } from "./loss-report.ts";
import { type AccessLogOptions, type Settings, settingsOf } from "./options.ts";
import { type Chunk, type RecordBuffer, recordBuffer } from "./record-buffer.ts";
import { openSpool, type Spool } from "./spool.ts";
import { lockDirectory } from "./spool-lock.ts";

export interface AccessLogMetrics {
  /** Records taken by `write` and kept. */
  readonly written: number;
  /** Counted once for each destination that does not get a record, or once where it never came to that. */
  readonly lost: Readonly<Record<LossReason, number>>;
  /** Characters not yet on disk. */
  readonly bufferSize: number;
  readonly spoolBytes: number;
  readonly destinations: readonly LaneState[];
}

export interface AccessLogs extends AccessRecordSink {
  /**
   * Resolves when everything written so far is delivered.
   * @throws what the disk or the sinks say, after one try; the records are kept and tried again
   */
  flush(): Promise<void>;
  /** Spools everything, delivers for a while, and stops. What is left is delivered by the next process on the directory. */
  close(): Promise<void>;
  metrics(): AccessLogMetrics;
}

const syncMs = 1_000;
const retryMs = 250;
/** The buffer is written early at this size, and in portions of it, in characters. */
const portion = 1 << 20;

/**
 * Access logs that survive the process: records are in `dir` within `flushMs`, on the disk itself within a second, and are
 * delivered from there, by this process or the next.
 * @throws Error when the directory cannot be written or is in use
 */
export async function openAccessLogs(options: AccessLogOptions): Promise<AccessLogs> {
  const settings = settingsOf(options);
  const unlock = takeDirectory(settings.dir);
  try {
    const checkpoints = openCheckpoints(join(settings.dir, "checkpoints"));
    const known = await checkpoints.read();
    const last = Math.max(0, ...known.values().map(({ done, intent }) => intent?.until.segment ?? done?.segment ?? 0));
    const spool = await openSpool(join(settings.dir, "segments"), last, settings.segmentBytes);
    const losses = lossReport(settings.logger);
    if (spool.torn > 0) settings.logger.warn("the access log spool had a torn end", { bytes: spool.torn });
    const delivery = await startDelivery(spool, checkpoints, known, losses, settings);
    return accessLogs(settings, spool, delivery, losses, unlock);
  } catch (error) {
    unlock();
    throw error;
  }
}

function takeDirectory(dir: string): () => void {
  try {
    mkdirSync(dir, { recursive: true, mode: 0o700 });
  } catch (cause) {
    throw new Error(`cannot write the access log spool \`${dir}\`: name a directory that can be written`, { cause });
  }
  return lockDirectory(dir);
}

function accessLogs(
  settings: Settings,
  spool: Spool,
  delivery: Delivery,
  losses: LossReport,
  unlock: () => void,
): AccessLogs {
  const buffer = recordBuffer(settings.maxBufferSize);
  let written = 0;
  let closed = false;
  let timer: NodeJS.Timeout | undefined;
  let soon = false;
  let diskFailures = 0;
  /** Everything that touches the active segment runs one after another. */
  let tail: Promise<void> = Promise.resolve();

  const serially = (task: () => Promise<void>): Promise<void> => {
    const result = tail.then(task);
    tail = result.catch(() => {
      // Each caller handles its own error; the next task does not depend on this one's.
    });
    return result;
  };
  const drain = async (): Promise<void> => {
    clearTimeout(timer);
    timer = undefined;
    soon = false;
    try {
      while (!buffer.isEmpty()) await spoolChunks(buffer, spool, delivery, losses, settings);
    } catch (cause) {
      diskFailures += 1;
      if ((diskFailures & (diskFailures - 1)) === 0) {
        settings.logger.error("the access log spool cannot be written; records are kept in memory", { cause });
      }
      if (!closed && timer === undefined) drainIn(retryMs);
      throw cause;
    }
    if (diskFailures > 0) settings.logger.info("the access log spool can be written again", { failures: diskFailures });
    diskFailures = 0;
  };
  const drainIn = (milliseconds: number): void => {
    timer = setTimeout(() => {
      serially(drain).catch(() => {
        // `drain` has logged it and set the next try.
      });
    }, milliseconds);
  };
  const upkeep = setInterval(() => {
    losses.report();
    serially(async () => {
      await spool.sync();
      await delivery.prune();
    }).catch((cause: unknown) => settings.logger.error("the access log spool could not be synced", { cause }));
  }, syncMs).unref();

  const keep = (record: AccessRecord, destinations: readonly LogSubscriptionSnapshot[]): LossReason | undefined => {
    if (closed) return "closed";
    try {
      return buffer.add(record, destinations) ? undefined : "buffer-full";
    } catch (cause) {
      settings.logger.error("an access record could not be written", { cause });
      return "unwritable";
    }
  };

  return {
    write(record: AccessRecord, destinations: readonly LogSubscriptionSnapshot[]): void {
      if (destinations.length === 0) return;
      const lost = keep(record, destinations);
      if (lost !== undefined) {
        losses.add(lost, 1);
        return;
      }
      written += 1;
      if (timer === undefined) drainIn(settings.flushMs);
      else if (!soon && diskFailures === 0 && buffer.size() > portion) {
        soon = true;
        clearTimeout(timer);
        drainIn(0);
      }
    },
    async flush() {
      await serially(drain);
      await delivery.flush();
    },
    async close() {
      if (closed) return tail;
      closed = true;
      clearTimeout(timer);
      clearInterval(upkeep);
      try {
        await serially(drain);
        await lastDelivery(delivery, settings);
      } finally {
        await delivery.stop(0);
        losses.report();
        await serially(() => spool.close());
        await delivery.prune();
        unlock();
      }
    },
    metrics: () => ({
      written,
      lost: losses.counts(),
      bufferSize: buffer.size(),
      spoolBytes: spool.bytes(),
      destinations: delivery.states(),
    }),
  };
}

/** Moves the oldest records from memory to disk, for those destinations that there is room for. */
async function spoolChunks(
  buffer: RecordBuffer,
  spool: Spool,
  delivery: Delivery,
  losses: LossReport,
  { maxSpoolBytes, clock }: Settings,
): Promise<void> {
  const chunks = buffer.take(portion);
  const used = spool.bytes();
  const accepts = (destination: LogSubscriptionSnapshot): boolean =>
    used < maxSpoolBytes / 2 || (used < maxSpoolBytes && !delivery.isFailing(destination));
  const entries = chunks.map(({ destinations, text, count }: Chunk) => {
    const accepting = destinations.filter(accepts);
    return {
      destinations: accepting,
      lines: Buffer.from(text),
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
}

/** A sink that is away does not keep the process from ending. */
async function lastDelivery(delivery: Delivery, { closeMs, logger }: Settings): Promise<void> {
  const late = Promise.withResolvers<void>();
  const timer = setTimeout(late.resolve, closeMs);
  try {
    await Promise.race([delivery.flush(), late.promise]);
  } catch (cause) {
    logger.warn("some access logs stay in the spool until the next start", { cause });
  } finally {
    clearTimeout(timer);
  }
}
