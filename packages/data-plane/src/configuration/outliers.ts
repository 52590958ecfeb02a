import type { RoutableTarget, TargetRotation } from "./compile-targets.ts";

/** How the last requests to a target went. Kept when its group is compiled anew. */
export interface TargetOutcomes {
  /** Failures since the last success. */
  failures: number;
  /** Times that it was set aside since the last success. */
  ejections: number;
  /** Milliseconds of the monotonic clock; it has no turn before. */
  ejectedUntil: number;
}

export interface OutlierOptions {
  /** Failures in a row after which a target is set aside; 0: never. */
  readonly outlierFailures: number;
  /** Milliseconds for the first time; the second time twice as long, and so on. */
  readonly outlierEjection: number;
}

/** Longest ejection, in multiples of the first. */
const maxBackoff = 6;

/** @returns outcomes of a target that nobody has called yet */
export function freshOutcomes(): TargetOutcomes {
  return { failures: 0, ejections: 0, ejectedUntil: 0 };
}

/** The target has answered, whatever the status: that is the application's to say. */
export function noteSuccess({ outcomes }: RoutableTarget): void {
  if (outcomes.failures === 0) return;
  outcomes.failures = 0;
  outcomes.ejections = 0;
}

/**
 * The target could not be reached, or gave no whole answer. Several times in a row set it aside, sooner than a health check would; at
 * most half of a group's targets at a time, since what fails everywhere is not one target's fault. When its time is over, one
 * failure is enough to set it aside again, for longer.
 * @param now milliseconds of the monotonic clock
 * @returns milliseconds for which it has no turn, 0 when it stays
 */
export function noteFailure(
  rotation: TargetRotation,
  { outcomes }: RoutableTarget,
  now: number,
  { outlierFailures, outlierEjection }: OutlierOptions,
): number {
  outcomes.failures += 1;
  const isAgain = outcomes.ejections > 0;
  if (outlierFailures === 0 || outcomes.ejectedUntil > now) return 0;
  if (outcomes.failures < outlierFailures && !isAgain) return 0;
  const { targets } = rotation;
  const ejected = targets.filter((target) => target.outcomes.ejectedUntil > now).length;
  if ((ejected + 1) * 2 > targets.length) return 0;
  outcomes.ejections += 1;
  const duration = outlierEjection * Math.min(outcomes.ejections, maxBackoff);
  outcomes.ejectedUntil = now + duration;
  rotation.ejectedUntil = Math.max(rotation.ejectedUntil, outcomes.ejectedUntil);
  return duration;
}
