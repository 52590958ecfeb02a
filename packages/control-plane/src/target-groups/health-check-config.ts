import type { FieldError, HealthCheckConfig, TargetGroupConfig } from "@pergola/core";

/** A health check as it is sent, every member optional. */
export type HealthCheckInput = Partial<HealthCheckConfig>;

/** Source: VPC Lattice user guide, health checks, read 2026-11. */
const defaults = {
  protocol: "HTTP",
  path: "/",
  healthCheckIntervalSeconds: 30,
  healthCheckTimeoutSeconds: 5,
  healthyThresholdCount: 5,
  unhealthyThresholdCount: 2,
  matcher: { httpCode: "200" },
} as const;

/**
 * Fills in a target group's health check. A TCP group's is off unless asked for, and while it is off nothing is filled in.
 * @param group the group's own protocol and version
 * @param given as sent; for an update laid over what was there
 * @param path of the health check in the request
 * @param report takes what does not fit together
 */
export function resolveHealthCheck(
  { protocol, protocolVersion }: TargetGroupConfig,
  given: HealthCheckInput,
  path: string,
  report: (error: FieldError) => void,
): HealthCheckConfig {
  const kept = withoutResets(given);
  const enabled = kept.enabled ?? (protocol !== "TCP" && protocolVersion === "HTTP1");
  if (protocol === "TCP") {
    if (!enabled) return { ...kept, enabled };
    for (const name of ["protocol", "protocolVersion"] as const) {
      if (kept[name] === undefined) {
        report({ name: `${path}.${name}`, message: "is required for a health check of a TCP target group" });
      }
    }
  }
  const resolved = {
    ...defaults,
    protocolVersion: protocolVersion === "HTTP2" ? "HTTP2" : "HTTP1",
    ...kept,
    enabled,
  } as const;
  const { healthCheckTimeoutSeconds: timeout, healthCheckIntervalSeconds: interval } = resolved;
  if (timeout > interval) {
    const message = `must be at most the interval of ${interval} seconds, is ${timeout}`;
    report({ name: `${path}.healthCheckTimeoutSeconds`, message });
  }
  return resolved;
}

/** Drops members that are 0 or `""`: they ask for the default. */
function withoutResets(given: HealthCheckInput): HealthCheckInput {
  const entries = Object.entries(given).filter(
    ([name, value]) => value !== 0 && value !== "" && !(name === "matcher" && given.matcher?.httpCode === ""),
  );
  return Object.fromEntries(entries);
}
