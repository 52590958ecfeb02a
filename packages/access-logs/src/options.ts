import type { Clock, LogDestinationKind, Logger, LogSink } from "@pergola/core";

export interface AccessLogOptions {
  /** The spool: created where it does not exist, used by one process at a time. */
  readonly dir: string;
  readonly deliverer: Readonly<Record<LogDestinationKind, LogSink>>;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Longest time that a record is in memory only, in milliseconds; default 50. */
  readonly flushMs?: number;
  /** How long lines in the spool wait for more, in milliseconds; default 500, S3 5,000. */
  readonly delayMs?: Partial<Record<LogDestinationKind, number>>;
  /** Size of a batch in bytes at which it does not wait any longer; default the sink's, or 1 MiB, S3 4 MiB. */
  readonly maxBatchBytes?: Partial<Record<LogDestinationKind, number>>;
  /** Size of a segment file in bytes; default 16 MiB. A segment is deleted when nobody waits for any part of it. */
  readonly segmentBytes?: number;
  /**
   * Size of the spool in bytes above which new records are dropped; default 1 GiB. Above half of it, destinations that are
   * failing get no new records, so that they cannot take the others' room.
   */
  readonly maxSpoolBytes?: number;
  /** Bytes in memory, not yet on disk, above which new records are dropped; default 32 Mi. */
  readonly maxBufferSize?: number;
  /** Time that a sink has for one batch, in milliseconds; default 30,000. */
  readonly deliverTimeoutMs?: number;
  /** Longest pause between two tries, in milliseconds; default 60,000. */
  readonly maxRetryMs?: number;
  /** Lines that a failing destination has not taken for so long are given up, in milliseconds; default 24 h. */
  readonly maxAgeMs?: number;
  /** How long `close` tries to deliver what is left, in milliseconds; default 5,000. The rest stays for the next start. */
  readonly closeMs?: number;
}

export type Settings = Required<AccessLogOptions> & {
  readonly delayMs: Readonly<Record<LogDestinationKind, number>>;
  readonly maxBatchBytes: Readonly<Record<LogDestinationKind, number>>;
};

const mebibyte = 1 << 20;

/** @returns the options with every default filled in */
export function settingsOf(options: AccessLogOptions): Settings {
  const { cloudwatch, firehose, s3 } = options.deliverer;
  return {
    flushMs: 50,
    segmentBytes: 16 * mebibyte,
    maxSpoolBytes: 1024 * mebibyte,
    maxBufferSize: 32 * mebibyte,
    deliverTimeoutMs: 30_000,
    maxRetryMs: 60_000,
    maxAgeMs: 24 * 3_600_000,
    closeMs: 5_000,
    ...options,
    delayMs: { cloudwatch: 500, firehose: 500, s3: 5_000, ...options.delayMs },
    maxBatchBytes: {
      cloudwatch: cloudwatch.maxBatchBytes ?? mebibyte,
      firehose: firehose.maxBatchBytes ?? mebibyte,
      s3: s3.maxBatchBytes ?? 4 * mebibyte,
      ...options.maxBatchBytes,
    },
  };
}
