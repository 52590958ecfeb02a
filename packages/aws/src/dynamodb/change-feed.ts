import { type Clock, type Key, type Logger, monotonicNow } from "@pergola/core";
import { type ChangeRecord, decodeChange } from "./change-record.ts";
import type { ItemReads } from "./item-reads.ts";
import { changesPartition } from "./table-definition.ts";
import { earliestId } from "./transaction-id.ts";

export interface ChangeFeedPorts {
  readonly reads: ItemReads;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Told of keys that other processes changed. */
  readonly tell: (keys: readonly Key[]) => void;
}

export interface ChangeFeed {
  /** Notes a transaction of this process, whose watchers know already. */
  own(transactionId: string): void;
  /** Takes that back: its outcome is not known here, so if it went through its watchers are told like others'. */
  disown(transactionId: string): void;
  /** Polls by itself from now on. */
  start(): void;
  /** Polls now, or waits for the poll that is under way. @throws what the table says */
  refresh(): Promise<void>;
  /** @returns milliseconds since changes were last read; Infinity before the first time */
  age(): number;
  stop(): void;
}

/** By how much the clocks of two processes may differ, in milliseconds. */
const clockSkewMs = 60_000;
const pageSize = 1000;

/**
 * Follows the records of changes. Each poll is one Query, usually of nothing. The first tells of the last two minutes: what changed
 * while its process was reading for the first time is among it.
 * @param deadlineMs how long a writer may take: the place of its record is the time when it began
 * @param pollMs between two polls, ± a tenth at random so that many processes do not poll in step
 */
export function changeFeed(
  { reads, clock, logger, tell }: ChangeFeedPorts,
  { deadlineMs, pollMs }: { deadlineMs: number; pollMs: number },
): ChangeFeed {
  /** How far back each poll reads: parts in front and the transaction itself take up to a deadline each, and some to spare. */
  const overlapMs = clockSkewMs + 4 * deadlineMs;
  /** Ids that were told, with the time that is in them, as far back as polls read. */
  const seen = new Map<string, number>();
  let lastRead: number | undefined;
  let lastReadAt = 0;
  let polling: Promise<void> | undefined;
  let timer: NodeJS.Timeout | undefined;
  let running = false;
  let failing = false;

  const take = async (record: ChangeRecord, now: number): Promise<void> => {
    const unsettled = (record.unsettledUntil ?? 0) > now;
    if (seen.has(record.id)) return;
    if (!unsettled) seen.set(record.id, now);
    tell(record.keys);
  };
  const poll = async (): Promise<void> => {
    const now = clock.now().getTime();
    let after = earliestId(new Date((lastRead ?? now) - overlapMs));
    for (let more = true; more; ) {
      const page = await reads.list({ partition: changesPartition, prefix: "", after, limit: pageSize });
      for (const item of page.items) await take(await decodeChange(item), now);
      after = page.items.at(-1)?.sk?.S ?? after;
      more = page.more;
    }
    lastRead = now;
    lastReadAt = monotonicNow();
    for (const [id, at] of seen) if (at < now - 3 * overlapMs) seen.delete(id);
  };
  const refresh = (): Promise<void> => {
    polling ??= poll().finally(() => {
      polling = undefined;
    });
    return polling;
  };
  const report = (cause?: unknown): void => {
    if (cause !== undefined && !failing) logger.warn("changes of the configuration cannot be read", { cause });
    if (cause === undefined && failing) logger.info("changes of the configuration can be read again");
    failing = cause !== undefined;
  };
  const schedule = (): void => {
    if (!running) return;
    timer = setTimeout(
      () =>
        void refresh()
          .then(() => report(), report)
          .finally(schedule),
      pollMs * (0.9 + Math.random() / 5),
    );
    timer.unref();
  };

  return {
    own: (transactionId) => void seen.set(transactionId, clock.now().getTime()),
    disown: (transactionId) => void seen.delete(transactionId),
    start() {
      if (running) return;
      running = true;
      schedule();
    },
    refresh,
    age: () => (lastRead === undefined ? Number.POSITIVE_INFINITY : monotonicNow() - lastReadAt),
    stop() {
      running = false;
      clearTimeout(timer);
    },
  };
}
