import type { ResourceBase } from "./resource-base.ts";

export type TargetGroupType = "IP" | "LAMBDA" | "INSTANCE" | "ALB";
export type TargetGroupProtocol = "HTTP" | "HTTPS" | "TCP";
export type ProtocolVersion = "HTTP1" | "HTTP2" | "GRPC";
export type LambdaEventVersion = "V1" | "V2";

/** A health check with every default filled in, as the API echoes it; `port` is absent when the target's own is used. */
export interface HealthCheckConfig {
  readonly enabled: boolean;
  readonly protocol?: "HTTP" | "HTTPS";
  readonly protocolVersion?: "HTTP1" | "HTTP2";
  readonly port?: number;
  readonly path?: string;
  readonly healthCheckIntervalSeconds?: number;
  readonly healthCheckTimeoutSeconds?: number;
  readonly healthyThresholdCount?: number;
  readonly unhealthyThresholdCount?: number;
  readonly matcher?: { readonly httpCode: string };
}

/** As the API echoes it: members that do not apply to the type are absent. */
export interface TargetGroupConfig {
  readonly port?: number;
  readonly protocol?: TargetGroupProtocol;
  readonly protocolVersion?: ProtocolVersion;
  readonly ipAddressType?: "IPV4" | "IPV6";
  readonly vpcIdentifier?: string;
  readonly lambdaEventStructureVersion?: LambdaEventVersion;
  readonly healthCheck?: HealthCheckConfig;
}

export interface TargetGroup extends ResourceBase {
  readonly name: string;
  readonly type: TargetGroupType;
  readonly config?: TargetGroupConfig;
  /** The one service whose listeners or rules forward here; absent while none does. */
  readonly serviceId?: string;
}

/** A registered target; `id` and `port` together are its identity. */
export interface Target {
  readonly targetGroupId: string;
  /** Instance id, IP address, function ARN or ALB ARN. */
  readonly id: string;
  /** Absent for LAMBDA. */
  readonly port?: number;
  readonly registeredAt: string;
  /** Set at deregistration: no new requests from then, gone `drainingMs` later. */
  readonly drainingSince?: string;
}

/** How long a deregistered target drains before it is gone. Source: VPC Lattice user guide (about one minute, fixed). */
export const drainingMs = 60_000;

/** What health checking last found out about a target. A target without one is INITIAL. */
export interface TargetHealth {
  readonly status: "INITIAL" | "HEALTHY" | "UNHEALTHY";
  readonly reasonCode?: string;
  /** ISO 8601: when the status began. */
  readonly since: string;
}

export type TargetStatus = "INITIAL" | "HEALTHY" | "UNHEALTHY" | "UNUSED" | "UNAVAILABLE" | "DRAINING";

/** @returns the key of a target among those of its group: `id` alone for Lambda, else `id` and port */
export function targetKey(target: { readonly id: string; readonly port?: number }): string {
  return target.port === undefined ? target.id : `${target.id}:${target.port}`;
}

/** @returns whether probes decide about this group's targets; otherwise they are UNAVAILABLE and always routed to */
export function isHealthChecked(group: Pick<TargetGroup, "type" | "config">): boolean {
  return (group.type === "INSTANCE" || group.type === "IP") && group.config?.healthCheck?.enabled === true;
}

/** @returns the status that ListTargets shows. Source: VPC Lattice user guide, health status of targets. */
export function targetStatus(
  group: Pick<TargetGroup, "type" | "config" | "serviceId">,
  target: Target,
  health: TargetHealth | undefined,
): TargetStatus {
  if (target.drainingSince !== undefined) return "DRAINING";
  if (group.serviceId === undefined) return "UNUSED";
  if (!isHealthChecked(group)) return "UNAVAILABLE";
  return health?.status ?? "INITIAL";
}
