import type { Clock, Logger, LogSubscriptionSnapshot, Slots } from "@pergola/core";
import type { Checkpoints } from "./checkpoint.ts";
import type { Spool } from "./spool.ts";

/** What the delivery to one destination works with. */
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
