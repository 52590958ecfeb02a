import type { Clock, Logger, LogSink, LogSubscriptionSnapshot, Slots } from "@pergola/core";
import { countOf, readBatch } from "./batch.ts";
import type { Checkpoint, Checkpoints } from "./checkpoint.ts";
import { laneProgress } from "./lane-progress.ts";
import { retryDelay } from "./retry-delay.ts";
import { destinationKey, type Spool } from "./spool.ts";
import type { Block } from "./spool-format.ts";

export interface LanePorts {
  readonly spool: Spool;
  readonly checkpoints: Checkpoints;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Shared by all lanes: what bounds the memory of batches under way. Failing lanes have slots of their own. */
  readonly slots: Slots;
  readonly failingSlots: Slots;
  /** Aborts when the process gives up waiting for deliveries. */
  readonly closing: AbortSignal;
  /** Told of lines that no destination will get. */
  onLost(count: number, why: "expired" | "damaged"): void;
}

export interface LaneLimits {
  /** How long lines wait for more, in milliseconds. */
  readonly delayMs: number;
  /** A batch holds at least one block, and no second one past this many bytes. */
  readonly maxBatchBytes: number;
  /** Time that a sink has for one batch, in milliseconds. */
  readonly deliverTimeoutMs: number;
  /** Longest pause between two tries, in milliseconds. */
  readonly maxRetryMs: number;
  /** Lines that could not be delivered for so long are given up, in milliseconds. */
  readonly maxAgeMs: number;
}

export interface LaneState {
  readonly destination: LogSubscriptionSnapshot;
  readonly pendingLines: number;
  readonly deliveredLines: number;
  /** Failed tries since the last success. */
  readonly failures: number;
}

/** The delivery to one destination: its blocks in order, one batch at a time, again and again until it has them. */
export interface DeliveryLane {
  add(block: Block): void;
  /** Takes note of a block that an earlier process delivered, and whose segment is still there. */
  recall(block: Block): void;
  /** Delivers everything added so far, now. @throws what the sink says, after one try */
  flush(): Promise<void>;
  state(): LaneState;
  /** @returns true when the last try failed */
  isFailing(): boolean;
  /** @returns true when everything is delivered, and no segment is left that its checkpoint is needed for */
  isSpent(): boolean;
  /** Stops the timers; resolves when no delivery is under way. */
  stop(): Promise<void>;
}

export function deliveryLane(
  destination: LogSubscriptionSnapshot,
  sink: LogSink,
  checkpoint: Checkpoint | undefined,
  ports: LanePorts,
  limits: LaneLimits,
): DeliveryLane {
  const { logger, clock } = ports;
  const key = destinationKey(destination);
  const save = (next: Checkpoint): Promise<void> =>
    ports.checkpoints.write(next).catch((cause: unknown) => {
      // Going on is the lesser evil: on a full disk, only delivery makes room. A crash now could deliver a batch twice.
      logger.error("an access log checkpoint could not be written", { destination: key, cause });
    });
  const progress = laneProgress(key, checkpoint, limits.maxBatchBytes, ports.spool, clock, save);
  let delivered = 0;
  let failures = 0;
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<void> | undefined;
  let stopped = false;

  const attempt = async (): Promise<void> => {
    const batch = await progress.begin();
    if (batch === undefined) return;
    const { blocks, batchId, time } = batch;
    const { lines, count, damaged } = await readBatch(ports.spool, blocks);
    const signal = AbortSignal.any([ports.closing, AbortSignal.timeout(limits.deliverTimeoutMs)]);
    if (count > 0) await sink.deliver({ destination, lines, count, batchId, time }, signal);
    if (damaged > 0) ports.onLost(damaged, "damaged");
    delivered += count;
    await progress.end(blocks);
  };
  const succeeded = (): void => {
    if (failures > 0) logger.info("access log delivery works again", { destination: key, failures });
    failures = 0;
  };
  const failed = async (cause: unknown): Promise<void> => {
    failures += 1;
    // The first failure, and then ever more rarely: 1, 2, 4, 8 …
    if ((failures & (failures - 1)) === 0) {
      logger.warn("access log delivery failed, and will be tried again", { destination: key, failures, cause });
    }
    const expired = progress.before(clock.now().getTime() - limits.maxAgeMs);
    await progress.end(expired);
    if (expired.length > 0) ports.onLost(countOf(expired), "expired");
    throw cause;
  };
  /** One batch; whoever asks while it is under way gets the same. */
  const step = (): Promise<void> => {
    const slots = failures > 0 ? ports.failingSlots : ports.slots;
    running ??= slots
      .run(attempt)
      .then(succeeded, failed)
      .finally(() => {
        running = undefined;
        schedule();
      });
    return running;
  };
  const isFull = (): boolean => progress.pendingBytes() >= limits.maxBatchBytes;
  const schedule = (): void => {
    if (stopped || running !== undefined || progress.pendingBytes() === 0) return;
    if (timer !== undefined && (failures > 0 || !isFull())) return;
    clearTimeout(timer);
    const soon = isFull() || progress.isBegun() ? 0 : limits.delayMs;
    timer = setTimeout(
      () => {
        timer = undefined;
        step().catch(() => {
          // `failed` has logged it, and `schedule` has set the next try.
        });
      },
      failures > 0 ? retryDelay(failures, limits.maxRetryMs) : soon,
    );
  };

  return {
    add(block) {
      progress.add(block);
      schedule();
    },
    recall: progress.recall,
    async flush() {
      const target = progress.added();
      while (progress.ended() < target && !stopped) await step();
    },
    state: () => ({ destination, pendingLines: progress.pendingLines(), deliveredLines: delivered, failures }),
    isFailing: () => failures > 0,
    isSpent: () => running === undefined && progress.isSpent(),
    async stop() {
      stopped = true;
      clearTimeout(timer);
      await running?.catch(() => {
        // Logged, and left to the next process.
      });
    },
  };
}
