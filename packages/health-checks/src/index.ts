export type { HealthProgress } from "./checked-groups.ts";
export type { GroupProgress } from "./group-checks.ts";
export { type HealthCheckOptions, type HealthChecks, startHealthChecks } from "./health-checks.ts";
export { networkProber } from "./network-prober.ts";
export { type Probe, type Prober, probeUserAgent } from "./prober.ts";
export type { TargetProgress } from "./target-check.ts";
