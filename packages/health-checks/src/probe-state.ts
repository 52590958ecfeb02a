import type { TargetHealth } from "@pergola/core";

/** Where a target stands: its status, and how many probes in a row have spoken against it. */
export interface ProbeState {
  readonly status: TargetHealth["status"];
  /** Passes in a row while UNHEALTHY, else failures in a row. */
  readonly against: number;
}

export interface Thresholds {
  readonly healthy: number;
  readonly unhealthy: number;
}

/**
 * The state after one more probe. A new target is healthy after a single pass; then it takes `unhealthy` failures in a row to
 * lose it, and `healthy` passes in a row to gain it again. Source: VPC Lattice user guide, health checks, read 2026-11.
 */
export function afterProbe({ status, against }: ProbeState, passed: boolean, thresholds: Thresholds): ProbeState {
  if (status === "INITIAL" && passed) return { status: "HEALTHY", against: 0 };
  const confirms = passed === (status !== "UNHEALTHY");
  if (confirms) return { status, against: 0 };
  const count = against + 1;
  if (status === "UNHEALTHY") {
    return count >= thresholds.healthy ? { status: "HEALTHY", against: 0 } : { status, against: count };
  }
  return count >= thresholds.unhealthy ? { status: "UNHEALTHY", against: 0 } : { status, against: count };
}
