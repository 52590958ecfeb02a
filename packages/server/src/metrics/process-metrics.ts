import type { AccessLogMetrics } from "@pergola/access-logs";
import type { Metrics, ResourceMetrics } from "@pergola/data-plane";

/** What carries requests, counted since its start. */
export interface CarrierMetrics {
  readonly dataPlane: Metrics;
  readonly accessLogs: AccessLogMetrics;
  /** The part of each worker, where there are any. */
  readonly workers?: readonly WorkerMetrics[];
}

interface WorkerMetrics {
  readonly worker: number;
  readonly pid: number | undefined;
  readonly connections: number;
  readonly requests: number;
}

/** Counters of all of Pergola, since its start. */
export interface ProcessMetrics extends CarrierMetrics {
  /** Undefined where no resource has an endpoint here. */
  readonly resources: ResourceMetrics | undefined;
}
