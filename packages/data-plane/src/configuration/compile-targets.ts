import {
  isHealthChecked,
  monotonicNow,
  type Target,
  type TargetGroupSnapshot,
  type TargetHealth,
  targetKey,
  targetStatus,
} from "@pergola/core";
import { TargetGroupCounts } from "../traffic.ts";
import { freshOutcomes, type TargetOutcomes } from "./outliers.ts";

/** A target that new requests may go to. */
export interface RoutableTarget {
  readonly id: string;
  /** Absent for LAMBDA. */
  readonly port?: number;
  readonly outcomes: TargetOutcomes;
}

/** The targets of a group that take part, and whose turn it is. */
export interface TargetRotation {
  readonly targets: readonly RoutableTarget[];
  next: number;
  readonly counts: TargetGroupCounts;
  /** When the last of the targets that are set aside has a turn again, milliseconds of the monotonic clock. */
  ejectedUntil: number;
}

/**
 * Healthy targets and those without health checks take part. When there is none of them, every one that is not draining does
 * (fail-open): a check that is wrong about all targets must not take the service down.
 * Source: VPC Lattice user guide, target status, read 2026-11.
 * @param previous goes on where it was in turn, goes on counting, and with what it knows of the targets
 */
export function compileTargets(
  group: Pick<TargetGroupSnapshot, "type" | "config">,
  targets: readonly Target[],
  healthByKey: ReadonlyMap<string, TargetHealth>,
  previous: TargetRotation | undefined,
): TargetRotation {
  const known = new Map(previous?.targets.map((target) => [keyOf(target), target.outcomes]));
  const healthy: RoutableTarget[] = [];
  const registered: RoutableTarget[] = [];
  for (const target of targets) {
    const checked = isHealthChecked(group) ? healthByKey.get(targetKey(target)) : undefined;
    // A group that requests reach is in use by a service, whichever: only then is its status not UNUSED.
    const status = targetStatus({ ...group, serviceId: "in-use" }, target, checked);
    if (status === "DRAINING") continue;
    const { id, port } = target;
    const outcomes = known.get(keyOf(target)) ?? freshOutcomes();
    const routable = port === undefined ? { id, outcomes } : { id, port, outcomes };
    registered.push(routable);
    if (status === "HEALTHY" || status === "UNAVAILABLE") healthy.push(routable);
  }
  return {
    targets: healthy.length > 0 ? healthy : registered,
    next: previous?.next ?? 0,
    counts: previous?.counts ?? new TargetGroupCounts(),
    ejectedUntil: previous?.ejectedUntil ?? 0,
  };
}

function keyOf({ id, port }: { readonly id: string; readonly port?: number }): string {
  return `${id} ${port ?? ""}`;
}

/** @returns the target whose turn it is, or undefined when there is none; one that is set aside only when all are */
export function nextTarget(rotation: TargetRotation): RoutableTarget | undefined {
  const { targets } = rotation;
  if (rotation.ejectedUntil !== 0) skipEjected(rotation, monotonicNow());
  if (targets.length === 0) return undefined;
  const at = rotation.next % targets.length;
  rotation.next = at + 1;
  return targets[at];
}

function skipEjected(rotation: TargetRotation, now: number): void {
  const { targets } = rotation;
  if (rotation.ejectedUntil <= now) {
    rotation.ejectedUntil = 0;
    return;
  }
  for (let turn = 0; turn < targets.length; turn += 1) {
    const target = targets[(rotation.next + turn) % targets.length];
    if (target === undefined || target.outcomes.ejectedUntil > now) continue;
    rotation.next += turn;
    return;
  }
}
