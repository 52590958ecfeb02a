import { type LogSubscriptionSnapshot, slots } from "@pergola/core";
import { type Checkpoint, type Checkpoints, isUntil } from "./checkpoint.ts";
import { DeliveryLane } from "./delivery-lane.ts";
import { destinationKey } from "./destination-key.ts";
import type { LaneState } from "./lane-ports.ts";
import type { LossReport } from "./loss-report.ts";
import type { Settings } from "./options.ts";
import type { Spool } from "./spool.ts";
import type { Block } from "./spool-format.ts";

/** The lanes of all destinations. */
export interface Delivery {
  /** Takes over a block for each of its destinations. */
  add(block: Block, destinations: readonly LogSubscriptionSnapshot[]): void;
  /** @returns true when the last try to deliver there failed */
  isFailing(destination: LogSubscriptionSnapshot): boolean;
  /** Delivers everything added so far. @throws AggregateError of what the sinks say, after one try of each lane */
  flush(): Promise<void>;
  /** Forgets destinations that nothing is left of. No `add` may happen meanwhile. */
  prune(): Promise<void>;
  states(): readonly LaneState[];
  /** Lets batches under way have `milliseconds` to end, then aborts them. */
  stop(milliseconds: number): Promise<void>;
}

/** Batches under way at once: with the default sizes at most 96 MiB in memory, if each were one for S3. */
const healthySlots = 16;
const failingSlots = 8;

/**
 * Starts delivery with what an earlier process left in the spool.
 * @param known the checkpoints of that process
 */
export async function startDelivery(
  spool: Spool,
  checkpoints: Checkpoints,
  known: ReadonlyMap<string, Checkpoint>,
  losses: LossReport,
  settings: Settings,
): Promise<Delivery> {
  const lanes = new Map<string, DeliveryLane>();
  const closing = new AbortController();
  const ports = {
    ...settings,
    spool,
    checkpoints,
    slots: slots(healthySlots),
    failingSlots: slots(failingSlots),
    closing: closing.signal,
    onLost: (count: number, why: "expired" | "damaged") => losses.add(why, count),
  };
  const laneOf = (destination: LogSubscriptionSnapshot): DeliveryLane => {
    const key = destinationKey(destination);
    const lane = lanes.get(key);
    if (lane !== undefined) return lane;
    const { destinationKind: kind } = destination;
    const limits = { ...settings, delayMs: settings.delayMs[kind], maxBatchBytes: settings.maxBatchBytes[kind] };
    const fresh = new DeliveryLane(destination, settings.deliverer[kind], known.get(key), ports, limits);
    lanes.set(key, fresh);
    return fresh;
  };

  const inSpool = new Set<string>();
  for (const { block, destinations } of spool.found) {
    for (const destination of destinations) {
      const key = destinationKey(destination);
      inSpool.add(key);
      const done = known.get(key)?.done;
      if (done === undefined || !isUntil(block, done)) {
        laneOf(destination).add(block);
        continue;
      }
      laneOf(destination).recall(block);
      await spool.release(block);
    }
  }
  for (const key of known.keys()) if (!inSpool.has(key)) await checkpoints.remove(key);

  return {
    add(block, destinations) {
      for (const destination of destinations) laneOf(destination).add(block);
    },
    isFailing: (destination) => lanes.get(destinationKey(destination))?.isFailing() ?? false,
    async flush() {
      const outcomes = await Promise.allSettled([...lanes.values()].map((lane) => lane.flush()));
      const errors = outcomes.flatMap((outcome) => (outcome.status === "rejected" ? [outcome.reason] : []));
      if (errors.length > 0) throw new AggregateError(errors, "some access logs could not be delivered yet");
    },
    async prune() {
      for (const [key, lane] of lanes) {
        if (!lane.isSpent()) continue;
        lanes.delete(key);
        await checkpoints.remove(key);
      }
    },
    states: () => [...lanes.values()].map((lane) => lane.state()),
    async stop(milliseconds) {
      const timer = setTimeout(() => closing.abort(new Error("the access logs are closing")), milliseconds);
      await Promise.all([...lanes.values()].map((lane) => lane.stop()));
      clearTimeout(timer);
    },
  };
}
