import { type Logger, monotonicNow } from "@pergola/core";
import type { Call } from "./call.ts";
import type { RoutableTarget, TargetRotation } from "./configuration/compile-targets.ts";
import { noteFailure, noteSuccess, type OutlierOptions } from "./configuration/outliers.ts";
import type { Metrics } from "./metrics.ts";

/** What speaks against a target, and not against its client. */
const targetsFaults: ReadonlySet<string> = new Set([
  "TargetConnectionError",
  "TargetConnectionClosed",
  "TargetProtocolError",
  "TargetDataTimeout",
]);

/** @returns what a finished call is to be told to: it holds the outcome against its target, or for it */
export function createOutcomeNotes(options: OutlierOptions, metrics: Metrics, logger: Logger): (call: Call) => void {
  const fail = (rotation: TargetRotation, target: RoutableTarget, targetGroupId: string | undefined): void => {
    const milliseconds = noteFailure(rotation, target, monotonicNow(), options);
    if (milliseconds === 0) return;
    metrics.ejections += 1;
    const { id, port, outcomes } = target;
    logger.warn("target set aside", { targetGroupId, id, port, failures: outcomes.failures, milliseconds });
  };
  return ({ rotation, target, failedTarget, failure, targetGroup, respondedAt }) => {
    if (rotation === undefined || target === undefined) return;
    if (failedTarget !== undefined) fail(rotation, failedTarget, targetGroup?.id);
    if (targetsFaults.has(failure)) fail(rotation, target, targetGroup?.id);
    else if (respondedAt !== 0) noteSuccess(target);
  };
}
