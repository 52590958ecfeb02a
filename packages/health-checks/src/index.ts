export { type HealthCheckOptions, type HealthChecks, startHealthChecks } from "./health-checks.ts";
export { networkProber } from "./network-prober.ts";
export { type Probe, type Prober, probeUserAgent } from "./prober.ts";
