import { createHash } from "node:crypto";
import type { Clock, Logger, LogSink, LogSubscriptionSnapshot, Slots } from "@pergola/core";
import { countOf, nextBatch, readBatch } from "./batch.ts";
import { type Checkpoint, type Checkpoints, isUntil } from "./checkpoint.ts";
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
  const key = destinationKey(destination);
  const pending: Block[] = [];
  const segments = new Set<number>();
  let pendingBytes = 0;
  let added = 0;
  let removed = 0;
  let delivered = 0;
  let failures = 0;
  let done = checkpoint?.done;
  let intent = checkpoint?.intent;
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<void> | undefined;
  let stopped = false;

  const save = async (): Promise<void> => {
    try {
      await ports.checkpoints.write({ destination: key, ...(done && { done }), ...(intent && { intent }) });
    } catch (cause) {
      // Going on is the lesser evil: on a full disk, only delivery makes room. A crash now could deliver a batch twice.
      ports.logger.error("an access log checkpoint could not be written", { destination: key, cause });
    }
  };
  const remove = async (blocks: readonly Block[]): Promise<void> => {
    const last = blocks.at(-1);
    if (last === undefined) return;
    done = { segment: last.segment, offset: last.offset };
    intent = undefined;
    pending.splice(0, blocks.length);
    removed += blocks.length;
    for (const block of blocks) pendingBytes -= block.bytes;
    await save();
    for (const block of blocks) await ports.spool.release(block);
  };
  const attempt = async (): Promise<void> => {
    const blocks = nextBatch(pending, intent?.until, limits.maxBatchBytes);
    const [first] = blocks;
    const last = blocks.at(-1);
    if (first === undefined || last === undefined) return;
    const { until } = intent ?? {};
    if (intent === undefined || until === undefined || !isUntil(first, until)) {
      const id = `${key}\n${ports.spool.nonceOf(first.segment)}\n${first.offset}`;
      const batchId = createHash("sha256").update(id).digest("hex").slice(0, 32);
      const end = { segment: last.segment, offset: last.offset };
      intent = { until: end, batchId, time: ports.clock.now().toISOString() };
      await save();
    }
    const { batchId, time } = intent;
    const { lines, count, damaged } = await readBatch(ports.spool, blocks);
    const signal = AbortSignal.any([ports.closing, AbortSignal.timeout(limits.deliverTimeoutMs)]);
    if (count > 0) await sink.deliver({ destination, lines, count, batchId, time: new Date(time) }, signal);
    if (damaged > 0) ports.onLost(damaged, "damaged");
    delivered += count;
    await remove(blocks);
  };
  const failed = async (cause: unknown): Promise<void> => {
    failures += 1;
    // The first failure, and then ever more rarely: 1, 2, 4, 8 …
    if ((failures & (failures - 1)) === 0) {
      ports.logger.warn("access log delivery failed, and will be tried again", { destination: key, failures, cause });
    }
    const oldest = ports.clock.now().getTime() - limits.maxAgeMs;
    const young = pending.findIndex((block) => block.time >= oldest);
    const expired = pending.slice(0, young < 0 ? pending.length : young);
    if (expired.length === 0) return;
    await remove(expired);
    ports.onLost(countOf(expired), "expired");
  };
  /** One batch; whoever asks while it is under way gets the same. */
  const step = (): Promise<void> => {
    running ??= (failures > 0 ? ports.failingSlots : ports.slots)
      .run(attempt)
      .then(
        () => {
          if (failures > 0) ports.logger.info("access log delivery works again", { destination: key, failures });
          failures = 0;
        },
        async (cause: unknown) => {
          await failed(cause);
          throw cause;
        },
      )
      .finally(() => {
        running = undefined;
        schedule();
      });
    return running;
  };
  const schedule = (): void => {
    if (stopped || running !== undefined || pending.length === 0) return;
    if (timer !== undefined && (failures > 0 || pendingBytes < limits.maxBatchBytes)) return;
    clearTimeout(timer);
    timer = setTimeout(() => {
      timer = undefined;
      step().catch(() => {
        // `failed` has logged it, and `schedule` has set the next try.
      });
    }, wait());
  };
  const wait = (): number => {
    if (failures > 0) return retryDelay(failures, limits.maxRetryMs);
    return pendingBytes >= limits.maxBatchBytes || intent !== undefined ? 0 : limits.delayMs;
  };

  return {
    add(block) {
      pending.push(block);
      segments.add(block.segment);
      pendingBytes += block.bytes;
      added += 1;
      schedule();
    },
    async flush() {
      const target = added;
      while (removed < target && !stopped) await step();
    },
    state: () => ({
      destination,
      pendingLines: countOf(pending),
      deliveredLines: delivered,
      failures,
    }),
    isFailing: () => failures > 0,
    isSpent() {
      for (const segment of segments) if (!ports.spool.holds(segment)) segments.delete(segment);
      return pending.length === 0 && running === undefined && segments.size === 0;
    },
    async stop() {
      stopped = true;
      clearTimeout(timer);
      await running?.catch(() => {
        // Logged, and left to the next process.
      });
    },
  };
}
