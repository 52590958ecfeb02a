import type { RequestTotals, ResourceMetrics, Traffic } from "@pergola/data-plane";
import type { Metric, Registry } from "prom-client";
import { connectionMetrics, type LatticeMetric, serviceMetrics, targetGroupMetrics } from "./lattice-metrics.ts";
import type { ProcessMetrics } from "./process-metrics.ts";

/** A metric with all its values, as they are when it is asked for. */
interface Family {
  readonly name: string;
  readonly help: string;
  readonly type: "counter" | "gauge" | "histogram";
  readonly values: readonly Sample[];
}

interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
  /** Where it is not the family's. */
  readonly metricName?: string;
}

/** Writes metrics in the text format of Prometheus. */
export interface PrometheusText {
  readonly contentType: string;
  /** @returns the numbers of the process, and Lattice's metrics of all traffic that is given */
  write(process: ProcessMetrics, traffic: Traffic): Promise<string>;
}

/** From now on the event loop and the garbage collector are watched as well: whoever does not ask for metrics pays nothing for them. */
export async function openPrometheusText(): Promise<PrometheusText> {
  const { collectDefaultMetrics, Registry } = await import("prom-client");
  const ofNode = new Registry();
  collectDefaultMetrics({ register: ofNode, eventLoopMonitoringPrecision: 50 });
  return {
    contentType: ofNode.contentType,
    async write(process, traffic) {
      const registry = new Registry();
      for (const family of [...trafficFamilies(traffic), ...processFamilies(process)]) register(registry, family);
      return `${await registry.metrics()}\n${await ofNode.metrics()}`;
    },
  };
}

/** The registry asks a metric for its values and nothing else: counting is done elsewhere, cheaper than its own classes do. */
function register(registry: Registry, family: Family): void {
  registry.registerMetric({ ...family, get: async () => family } as unknown as Metric);
}

function trafficFamilies({ services, targetGroups }: Traffic): Family[] {
  const ofServices = services.map(({ id, name, requests }) => ({ labels: { service: id, name }, counted: requests }));
  const ofGroups = targetGroups.map(({ id, requests }) => ({ labels: { target_group: id }, counted: requests }));
  const connections = targetGroups.map(({ id, connections }) => ({
    labels: { target_group: id },
    counted: connections,
  }));
  return [
    ...families("vpc_lattice_service", serviceMetrics, ofServices),
    timeFamily("vpc_lattice_service", ofServices),
    ...families("vpc_lattice_target_group", targetGroupMetrics, ofGroups),
    timeFamily("vpc_lattice_target_group", ofGroups),
    ...families("vpc_lattice_target_group", connectionMetrics, connections),
  ];
}

interface Labelled<T> {
  readonly labels: Readonly<Record<string, string>>;
  readonly counted: T;
}

function families<T>(
  prefix: string,
  metrics: readonly LatticeMetric<T>[],
  all: readonly Labelled<T>[],
): readonly Family[] {
  return metrics.map(({ name, unit, isGauge, value }) => ({
    name: `${prefix}_${snakeCase(name)}`,
    help: `VPC Lattice's ${name} (${unit})`,
    type: isGauge === true ? "gauge" : "counter",
    values: all.map(({ labels, counted }) => ({ labels, value: value(counted) })),
  }));
}

/** @returns `http_code_2xx_count` for `HTTPCode_2XX_Count` */
function snakeCase(name: string): string {
  return name
    .replaceAll(/([A-Z]+)([A-Z][a-z])/g, "$1_$2")
    .replaceAll(/([a-z])([A-Z])/g, "$1_$2")
    .toLowerCase();
}

/** 0.25 ms, and each the double of the one before, up to 65 s: where the counted buckets have borders too. */
const bounds = Array.from({ length: 19 }, (_, index) => 0.256 * 2 ** index);

function timeFamily(prefix: string, all: readonly Labelled<RequestTotals>[]): Family {
  const name = `${prefix}_request_time_seconds`;
  return {
    name,
    help: "VPC Lattice's RequestTime, in seconds",
    type: "histogram",
    values: all.flatMap(({ labels, counted: { times } }) => {
      const filled = times.filled();
      const upTo = (bound: number): number =>
        filled.reduce((sum, { to, count }) => (to <= bound ? sum + count : sum), 0);
      const bucket = (le: string, value: number): Sample => ({
        labels: { ...labels, le },
        value,
        metricName: `${name}_bucket`,
      });
      const total = upTo(Number.POSITIVE_INFINITY);
      return [
        ...bounds.map((bound) => bucket(String(bound / 1_000), upTo(bound))),
        bucket("+Inf", total),
        { labels, value: times.sum / 1_000, metricName: `${name}_sum` },
        { labels, value: total, metricName: `${name}_count` },
      ];
    }),
  };
}

function processFamilies({ dataPlane, resources, accessLogs }: ProcessMetrics): Family[] {
  return [
    ...counters("pergola", "Pergola's data plane", dataPlane),
    ...(resources === undefined ? [] : resourceFamilies(resources)),
    single("pergola_access_log_records_total", "counter", "access records that were kept", accessLogs.written),
    single("pergola_access_log_spool_bytes", "gauge", "access logs on disk, not yet delivered", accessLogs.spoolBytes),
    {
      name: "pergola_access_log_lost_total",
      help: "access records that a destination did not get",
      type: "counter",
      values: Object.entries(accessLogs.lost).map(([reason, value]) => ({ labels: { reason }, value })),
    },
  ];
}

function resourceFamilies({ active, ...counted }: ResourceMetrics): Family[] {
  return [
    ...counters("pergola_resource", "connections to resource configurations", counted),
    single("pergola_resource_active_connections", "gauge", "open connections to resource configurations", active),
  ];
}

function counters(prefix: string, help: string, counted: object): Family[] {
  return Object.entries(counted as Record<string, number>).map(([key, value]) =>
    single(`${prefix}_${snakeCase(key)}_total`, "counter", `${help}: ${key}`, value),
  );
}

function single(name: string, type: "counter" | "gauge", help: string, value: number): Family {
  return { name, help, type, values: [{ labels: {}, value }] };
}
