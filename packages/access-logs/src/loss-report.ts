import type { Logger } from "@pergola/core";

/** Why records were not kept: buffer or spool full, given up after `maxAgeMs`, damaged on disk, written after the end. */
export type LossReason = "buffer-full" | "spool-full" | "expired" | "damaged" | "closed" | "unwritable";

export interface LossReport {
  add(reason: LossReason, count: number): void;
  counts(): Readonly<Record<LossReason, number>>;
  /** Logs what was lost since the last time, if anything. */
  report(): void;
}

/** Counts lost records, and says so in the log: at once for the first, then with each `report`, so that a flood is one line. */
export function lossReport(logger: Logger): LossReport {
  const total: Record<LossReason, number> = {
    "buffer-full": 0,
    "spool-full": 0,
    expired: 0,
    damaged: 0,
    closed: 0,
    unwritable: 0,
  };
  let unreported: Partial<Record<LossReason, number>> = {};
  let announced = false;
  const report = (): void => {
    announced = Object.keys(unreported).length > 0;
    if (announced) logger.error("access log records were lost", { records: unreported });
    unreported = {};
  };
  return {
    add(reason, count) {
      total[reason] += count;
      unreported[reason] = (unreported[reason] ?? 0) + count;
      if (!announced) report();
    },
    counts: () => ({ ...total }),
    report,
  };
}
