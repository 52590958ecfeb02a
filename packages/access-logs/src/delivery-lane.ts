import type { LogSink, LogSubscriptionSnapshot } from "@pergola/core";
import { countOf, readBatch } from "./batch.ts";
import type { Checkpoint } from "./checkpoint.ts";
import { destinationKey } from "./destination-key.ts";
import type { LaneLimits, LanePorts, LaneState } from "./lane-ports.ts";
import { type LaneProgress, laneProgress } from "./lane-progress.ts";
import { retryDelay } from "./retry-delay.ts";
import type { Block } from "./spool-format.ts";

/** The delivery to one destination: its blocks in order, one batch at a time, again and again until it has them. */
export class DeliveryLane {
  readonly #destination: LogSubscriptionSnapshot;
  readonly #key: string;
  readonly #sink: LogSink;
  readonly #ports: LanePorts;
  readonly #limits: LaneLimits;
  readonly #progress: LaneProgress;
  #delivered = 0;
  /** Failed tries since the last success. */
  #failures = 0;
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> | undefined;
  #isStopped = false;

  /** @param checkpoint of an earlier process */
  constructor(
    destination: LogSubscriptionSnapshot,
    sink: LogSink,
    checkpoint: Checkpoint | undefined,
    ports: LanePorts,
    limits: LaneLimits,
  ) {
    this.#destination = destination;
    this.#key = destinationKey(destination);
    this.#sink = sink;
    this.#ports = ports;
    this.#limits = limits;
    const save = (next: Checkpoint): Promise<void> => this.#save(next);
    this.#progress = laneProgress(this.#key, checkpoint, limits.maxBatchBytes, ports.spool, ports.clock, save);
  }

  add(block: Block): void {
    this.#progress.add(block);
    this.#schedule();
  }

  /** Takes note of a block that an earlier process delivered, and whose segment is still there. */
  recall(block: Block): void {
    this.#progress.recall(block);
  }

  /** Delivers everything added so far, now. @throws what the sink says, after one try */
  async flush(): Promise<void> {
    const target = this.#progress.added();
    while (this.#progress.ended() < target && !this.#isStopped) await this.#step();
  }

  state(): LaneState {
    return {
      destination: this.#destination,
      pendingLines: this.#progress.pendingLines(),
      deliveredLines: this.#delivered,
      failures: this.#failures,
    };
  }

  /** @returns true when the last try failed */
  isFailing(): boolean {
    return this.#failures > 0;
  }

  /** @returns true when everything is delivered, and no segment is left that its checkpoint is needed for */
  isSpent(): boolean {
    return this.#running === undefined && this.#progress.isSpent();
  }

  /** Stops the timers; resolves when no delivery is under way. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    clearTimeout(this.#timer);
    await this.#running?.catch(() => {
      // Logged, and left to the next process.
    });
  }

  #save(checkpoint: Checkpoint): Promise<void> {
    return this.#ports.checkpoints.write(checkpoint).catch((cause: unknown) => {
      // Going on is the lesser evil: on a full disk, only delivery makes room. A crash now could deliver a batch twice.
      this.#ports.logger.error("an access log checkpoint could not be written", { destination: this.#key, cause });
    });
  }

  #schedule(): void {
    if (this.#isStopped || this.#running !== undefined || this.#progress.pendingBytes() === 0) return;
    if (this.#timer !== undefined && (this.isFailing() || !this.#isFull())) return;
    clearTimeout(this.#timer);
    const soon = this.#isFull() || this.#progress.isBegun() ? 0 : this.#limits.delayMs;
    this.#timer = setTimeout(
      () => {
        this.#timer = undefined;
        this.#step().catch(() => {
          // `#failed` has logged it, and `#schedule` has set the next try.
        });
      },
      this.isFailing() ? retryDelay(this.#failures, this.#limits.maxRetryMs) : soon,
    );
  }

  #isFull(): boolean {
    return this.#progress.pendingBytes() >= this.#limits.maxBatchBytes;
  }

  /** One batch; whoever asks while it is under way gets the same. */
  #step(): Promise<void> {
    const slots = this.isFailing() ? this.#ports.failingSlots : this.#ports.slots;
    this.#running ??= slots
      .run(() => this.#attempt())
      .then(
        () => this.#succeeded(),
        (cause: unknown) => this.#failed(cause),
      )
      .finally(() => {
        this.#running = undefined;
        this.#schedule();
      });
    return this.#running;
  }

  async #attempt(): Promise<void> {
    const batch = await this.#progress.begin();
    if (batch === undefined) return;
    const { blocks, batchId, time } = batch;
    const { spool, closing } = this.#ports;
    const { lines, count, damaged, release } = await readBatch(spool, blocks);
    const signal = AbortSignal.any([closing, AbortSignal.timeout(this.#limits.deliverTimeoutMs)]);
    const destination = this.#destination;
    if (count > 0) await this.#sink.deliver({ destination, lines, count, batchId, time }, signal);
    // Not where the sink has thrown: a request that was broken off may still be reading them.
    release();
    if (damaged > 0) this.#ports.onLost(damaged, "damaged");
    this.#delivered += count;
    await this.#progress.end(blocks);
  }

  #succeeded(): void {
    const failures = this.#failures;
    if (failures > 0) this.#ports.logger.info("access log delivery works again", { destination: this.#key, failures });
    this.#failures = 0;
  }

  async #failed(cause: unknown): Promise<never> {
    const { logger, clock } = this.#ports;
    this.#failures += 1;
    const failures = this.#failures;
    // The first failure, and then ever more rarely: 1, 2, 4, 8 …
    if ((failures & (failures - 1)) === 0) {
      const details = { destination: this.#key, failures, cause };
      logger.warn("access log delivery failed, and will be tried again", details);
    }
    const expired = this.#progress.before(clock.now().getTime() - this.#limits.maxAgeMs);
    await this.#progress.end(expired);
    if (expired.length > 0) this.#ports.onLost(countOf(expired), "expired");
    throw cause;
  }
}
