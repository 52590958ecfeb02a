/** What `GET /pergola/metrics` says, as far as it is used here. */
export interface MetricsAnswer {
  /** When the server started: then all counters began again. */
  readonly startedAt: string;
  readonly metricData: readonly Datum[];
}

interface Datum {
  readonly metricName: string;
  readonly dimensions: readonly { readonly name: string; readonly value: string }[];
  readonly value?: number;
  /** Milliseconds, ascending, and how many requests took about as long. */
  readonly values?: readonly number[];
  readonly counts?: readonly number[];
}

/** What goes through one service or target group. */
export interface Rate {
  readonly kind: "service" | "target-group";
  readonly id: string;
  readonly requestsPerSecond: number;
  /** Share of requests answered with 4xx, 0 to 1. */
  readonly clientErrors: number;
  /** Share of requests answered with 5xx, 0 to 1. */
  readonly serverErrors: number;
  /** Milliseconds; absent without requests. */
  readonly p50?: number;
  readonly p99?: number;
}

/**
 * @param seconds between the two answers
 * @returns what went through each service and target group in between, busiest first, services before target groups
 */
export function ratesBetween(before: MetricsAnswer, after: MetricsAnswer, seconds: number): Rate[] {
  const earlier = before.startedAt === after.startedAt ? byResource(before) : new Map<string, Metrics>();
  const rates = [...byResource(after)].map(([key, metrics]) => rateOf(key, metrics, earlier.get(key), seconds));
  return rates.sort(
    (a, b) => a.kind.localeCompare(b.kind) || b.requestsPerSecond - a.requestsPerSecond || (a.id < b.id ? -1 : 1),
  );
}

type Metrics = ReadonlyMap<string, Datum>;

/** `Service/svc-…` → its metrics by name. */
function byResource({ metricData }: MetricsAnswer): Map<string, Metrics> {
  const found = new Map<string, Map<string, Datum>>();
  for (const datum of metricData) {
    const [dimension] = datum.dimensions;
    if (dimension === undefined) continue;
    const key = `${dimension.name}/${dimension.value}`;
    const metrics = found.get(key) ?? new Map<string, Datum>();
    found.set(key, metrics.set(datum.metricName, datum));
  }
  return found;
}

function rateOf(key: string, metrics: Metrics, earlier: Metrics | undefined, seconds: number): Rate {
  const since = (name: string): number => (metrics.get(name)?.value ?? 0) - (earlier?.get(name)?.value ?? 0);
  const requests = since("TotalRequestCount");
  const share = (name: string): number => (requests === 0 ? 0 : since(name) / requests);
  const times = timesSince(metrics.get("RequestTime"), earlier?.get("RequestTime"));
  const [dimension, id = ""] = key.split("/", 2);
  const p50 = quantile(times, 0.5);
  const p99 = quantile(times, 0.99);
  return {
    kind: dimension === "Service" ? "service" : "target-group",
    id,
    requestsPerSecond: requests / seconds,
    clientErrors: share("HTTPCode_4XX_Count"),
    serverErrors: share("HTTPCode_5XX_Count"),
    ...(p50 === undefined ? {} : { p50 }),
    ...(p99 === undefined ? {} : { p99 }),
  };
}

/** Milliseconds → requests, ascending. */
function timesSince(after: Datum | undefined, before: Datum | undefined): Map<number, number> {
  const earlier = new Map(before?.values?.map((value, index) => [value, before.counts?.[index] ?? 0]));
  return new Map(
    after?.values?.map((value, index) => [value, (after.counts?.[index] ?? 0) - (earlier.get(value) ?? 0)]),
  );
}

function quantile(times: ReadonlyMap<number, number>, share: number): number | undefined {
  let left = share * times.values().reduce((sum, count) => sum + count, 0);
  if (left === 0) return undefined;
  for (const [value, count] of times) {
    left -= count;
    // What is left of a product of floating point numbers counts as nothing.
    if (left <= 1e-6) return value;
  }
  return undefined;
}
