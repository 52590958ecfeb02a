import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { AccessRecordSink, LogSubscriptionSnapshot, ResourceRecordSink } from "@pergola/core";
import { openCheckpoints } from "./checkpoint.ts";
import { type Delivery, startDelivery } from "./delivery.ts";
import { accessRecordParts, type LinePart } from "./format-access-record.ts";
import { formatResourceRecord } from "./format-resource-record.ts";
import type { LaneState } from "./lane-ports.ts";
import { type LossReason, type LossReport, lossReport } from "./loss-report.ts";
import { type AccessLogOptions, type Settings, settingsOf } from "./options.ts";
import { recordBuffer } from "./record-buffer.ts";
import { openSpool, type Spool } from "./spool.ts";
import { lockDirectory } from "./spool-lock.ts";
import { spoolWriter } from "./spool-writer.ts";

export interface AccessLogMetrics {
  /** Records taken by `write` and kept. */
  readonly written: number;
  /** Counted once for each destination that does not get a record, or once where it never came to that. */
  readonly lost: Readonly<Record<LossReason, number>>;
  /** Bytes not yet on disk. */
  readonly bufferSize: number;
  readonly spoolBytes: number;
  readonly destinations: readonly LaneState[];
}

export interface AccessLogs extends AccessRecordSink, ResourceRecordSink {
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

/**
 * Access logs that survive the process: records are in `dir` within `flushMs`, on the disk itself within a second, and are
 * delivered once they are there, by this process or the next.
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
  const { logger } = settings;
  const buffer = recordBuffer(settings.maxBufferSize);
  const writer = spoolWriter(buffer, spool, delivery, losses, settings);
  let written = 0;
  let closing: Promise<void> | undefined;
  const upkeep = setInterval(() => {
    losses.report();
    spool
      .sync()
      .then(() => writer.exclusively(() => delivery.prune()))
      .catch((cause: unknown) => logger.error("the access log spool could not be synced", { cause }));
  }, syncMs).unref();
  const keep = <R>(
    format: (record: R) => string | readonly LinePart[],
    record: R,
    destinations: readonly LogSubscriptionSnapshot[],
  ): LossReason | undefined => {
    if (closing !== undefined) return "closed";
    if (buffer.isFull()) return "buffer-full";
    try {
      buffer.add(format(record), destinations);
      return undefined;
    } catch (cause) {
      logger.error("an access record could not be written", { cause });
      return "unwritable";
    }
  };
  const close = async (): Promise<void> => {
    clearInterval(upkeep);
    try {
      await writer.stop();
      await lastDelivery(delivery, settings);
    } finally {
      await delivery.stop(0);
      losses.report();
      await spool.close();
      await delivery.prune();
      unlock();
    }
  };

  const write = <R>(
    format: (record: R) => string | readonly LinePart[],
    record: R,
    destinations: readonly LogSubscriptionSnapshot[],
  ): void => {
    if (destinations.length === 0) return;
    const lost = keep(format, record, destinations);
    if (lost === undefined) {
      written += 1;
      writer.writeSoon();
    } else losses.add(lost, 1);
  };

  return {
    write: (record, destinations) => write(accessRecordParts, record, destinations),
    writeResource: (record, destinations) => write(formatResourceRecord, record, destinations),
    async flush() {
      await writer.write();
      await delivery.flush();
    },
    close() {
      closing ??= close();
      return closing;
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
