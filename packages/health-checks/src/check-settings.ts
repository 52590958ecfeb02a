import type { Target, TargetDirectory, TargetGroupSnapshot } from "@pergola/core";
import type { Thresholds } from "./probe-state.ts";
import type { Probe } from "./prober.ts";

/** A group's health check with its defaults. Source: lattice API model and user guide, HealthCheckConfig, read 2026-11. */
export interface CheckSettings {
  readonly intervalMs: number;
  readonly timeoutMs: number;
  readonly thresholds: Thresholds;
  readonly httpCode: string;
}

/** @returns how the targets of a group are checked */
export function checkSettings({ config }: TargetGroupSnapshot): CheckSettings {
  const check = config.healthCheck;
  return {
    intervalMs: (check?.healthCheckIntervalSeconds ?? 30) * 1000,
    timeoutMs: (check?.healthCheckTimeoutSeconds ?? 5) * 1000,
    thresholds: { healthy: check?.healthyThresholdCount ?? 5, unhealthy: check?.unhealthyThresholdCount ?? 2 },
    httpCode: check?.matcher?.httpCode ?? "200",
  };
}

/** @returns what to ask a target, or undefined when it has no address or port at present */
export function probeOf(group: TargetGroupSnapshot, target: Target, targets: TargetDirectory): Probe | undefined {
  const { port, healthCheck: check } = group.config;
  const address = group.type === "INSTANCE" ? targets.addressOf({ type: "INSTANCE", id: target.id }) : target.id;
  const probePort = check?.port ?? target.port ?? port;
  if (address === undefined || probePort === undefined) return undefined;
  return {
    address,
    port: probePort,
    protocol: check?.protocol ?? "HTTP",
    protocolVersion: check?.protocolVersion ?? "HTTP1",
    path: check?.path ?? "/",
  };
}
