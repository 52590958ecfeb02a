import {
  isHealthChecked,
  type Target,
  type TargetGroupSnapshot,
  type TargetHealth,
  targetKey,
  targetStatus,
} from "@pergola/core";
import { TargetGroupCounts } from "../traffic.ts";

/** A target that new requests may go to. */
export interface RoutableTarget {
  readonly id: string;
  /** Absent for LAMBDA. */
  readonly port?: number;
}

/** The targets of a group that take part, and whose turn it is. */
export interface TargetRotation {
  readonly targets: readonly RoutableTarget[];
  next: number;
  readonly counts: TargetGroupCounts;
}

/**
 * Healthy targets and those without health checks take part. When there is none of them, every one that is not draining does
 * (fail-open): a check that is wrong about all targets must not take the service down.
 * Source: VPC Lattice user guide, target status, read 2026-11.
 * @param previous goes on where it was in turn, and goes on counting
 */
export function compileTargets(
  group: Pick<TargetGroupSnapshot, "type" | "config">,
  targets: readonly Target[],
  healthByKey: ReadonlyMap<string, TargetHealth>,
  previous: TargetRotation | undefined,
): TargetRotation {
  const healthy: RoutableTarget[] = [];
  const registered: RoutableTarget[] = [];
  for (const target of targets) {
    const checked = isHealthChecked(group) ? healthByKey.get(targetKey(target)) : undefined;
    // A group that requests reach is in use by a service, whichever: only then is its status not UNUSED.
    const status = targetStatus({ ...group, serviceId: "in-use" }, target, checked);
    if (status === "DRAINING") continue;
    const { id, port } = target;
    const routable = port === undefined ? { id } : { id, port };
    registered.push(routable);
    if (status === "HEALTHY" || status === "UNAVAILABLE") healthy.push(routable);
  }
  return {
    targets: healthy.length > 0 ? healthy : registered,
    next: previous?.next ?? 0,
    counts: previous?.counts ?? new TargetGroupCounts(),
  };
}

/** @returns the target whose turn it is, or undefined when there is none */
export function nextTarget(rotation: TargetRotation): RoutableTarget | undefined {
  const { targets } = rotation;
  if (targets.length === 0) return undefined;
  const at = rotation.next % targets.length;
  rotation.next = at + 1;
  return targets[at];
}
