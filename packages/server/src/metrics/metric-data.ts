import type { RequestTotals, Traffic } from "@pergola/data-plane";
import { connectionMetrics, type LatticeMetric, serviceMetrics, targetGroupMetrics } from "./lattice-metrics.ts";

/** One metric of one service or target group since the start, in the shape of CloudWatch's PutMetricData. */
export interface MetricDatum {
  readonly metricName: string;
  readonly dimensions: readonly Dimension[];
  readonly unit: string;
  readonly value?: number;
  /** In place of `value`, for times: all of them, and the middle of each bucket with how many are in it. */
  readonly statisticValues?: { readonly sampleCount: number; readonly sum: number; readonly maximum: number };
  readonly values?: readonly number[];
  readonly counts?: readonly number[];
}

interface Dimension {
  readonly name: "Service" | "TargetGroup";
  /** Its id. */
  readonly value: string;
}

/** @returns Lattice's metrics of all traffic, with Lattice's names */
export function metricData({ services, targetGroups }: Traffic): MetricDatum[] {
  return [
    ...services.flatMap(({ id, requests }) => {
      const dimensions = [{ name: "Service", value: id }] as const;
      return [...data(serviceMetrics, requests, dimensions), requestTime(requests, dimensions)];
    }),
    ...targetGroups.flatMap(({ id, requests, connections }) => {
      const dimensions = [{ name: "TargetGroup", value: id }] as const;
      return [
        ...data(targetGroupMetrics, requests, dimensions),
        requestTime(requests, dimensions),
        ...data(connectionMetrics, connections, dimensions),
      ];
    }),
  ];
}

function data<T>(metrics: readonly LatticeMetric<T>[], counted: T, dimensions: readonly Dimension[]): MetricDatum[] {
  return metrics.map(({ name, unit, value }) => ({ metricName: name, dimensions, unit, value: value(counted) }));
}

function requestTime({ times }: RequestTotals, dimensions: readonly Dimension[]): MetricDatum {
  const filled = times.filled();
  return {
    metricName: "RequestTime",
    dimensions,
    unit: "Milliseconds",
    statisticValues: {
      sampleCount: filled.reduce((sum, { count }) => sum + count, 0),
      sum: times.sum,
      maximum: times.longest,
    },
    values: filled.map(({ from, to }) => (from + to) / 2),
    counts: filled.map(({ count }) => count),
  };
}
