import type { AccessLogMetrics } from "@pergola/access-logs";
import type { Metrics, ResourceMetrics } from "@pergola/data-plane";

/** Counters of the whole process, since its start. */
export interface ProcessMetrics {
  readonly dataPlane: Metrics;
  /** Undefined where no resource has an endpoint here. */
  readonly resources: ResourceMetrics | undefined;
  readonly accessLogs: AccessLogMetrics;
}
