import type { ConnectionTotals, DurationBucket, RequestTotals, Traffic } from "@pergola/data-plane";
import { addCounters } from "./merge.ts";

/** What has gone through a worker, as it can be sent to another process. */
export interface PlainTraffic {
  readonly services: readonly PlainService[];
  readonly targetGroups: readonly PlainTargetGroup[];
}

interface PlainService {
  readonly id: string;
  readonly arn: string;
  readonly name: string;
  readonly requests: PlainRequests;
}

interface PlainTargetGroup {
  readonly id: string;
  readonly arn: string;
  readonly requests: PlainRequests;
  readonly connections: ConnectionTotals;
}

type Counters = Omit<RequestTotals, "times">;

interface PlainRequests {
  readonly counters: Counters;
  readonly sum: number;
  readonly longest: number;
  readonly buckets: readonly DurationBucket[];
}

/** @returns the numbers as they are now, without anything that counts on */
export function plainTraffic({ services, targetGroups }: Traffic): PlainTraffic {
  return {
    services: services.map(({ id, arn, name, requests }) => ({ id, arn, name, requests: plainRequests(requests) })),
    targetGroups: targetGroups.map(({ id, arn, requests, connections }) => ({
      id,
      arn,
      requests: plainRequests(requests),
      connections: plainConnections(connections),
    })),
  };
}

function plainRequests({ times, ...of }: RequestTotals): PlainRequests {
  const { total, active, timeouts, status2xx, status3xx, status4xx, status5xx } = of;
  return {
    counters: { total, active, timeouts, status2xx, status3xx, status4xx, status5xx },
    sum: times.sum,
    longest: times.longest,
    buckets: times.filled(),
  };
}

/** Its getters are not its own: what is copied has to be named. */
function plainConnections(of: ConnectionTotals): ConnectionTotals {
  const { total, http1, http2, errors, timeouts, tlsHandshakes, tlsErrors, active, bytesSent, bytesReceived } = of;
  return { total, http1, http2, errors, timeouts, tlsHandshakes, tlsErrors, active, bytesSent, bytesReceived };
}

/** @returns the sums of both; of what one of them alone knows, its numbers */
export function addTraffic(one: PlainTraffic, other: PlainTraffic): PlainTraffic {
  return {
    services: merge([...one.services, ...other.services], (a, b) => ({
      ...b,
      requests: addRequests(a.requests, b.requests),
    })),
    targetGroups: merge([...one.targetGroups, ...other.targetGroups], (a, b) => ({
      ...b,
      requests: addRequests(a.requests, b.requests),
      connections: addCounters(a.connections, b.connections),
    })),
  };
}

/** @returns what is left of a worker that has ended: nothing is under way there */
export function withoutActive({ services, targetGroups }: PlainTraffic): PlainTraffic {
  const ended = (requests: PlainRequests): PlainRequests => ({
    ...requests,
    counters: { ...requests.counters, active: 0 },
  });
  return {
    services: services.map((service) => ({ ...service, requests: ended(service.requests) })),
    targetGroups: targetGroups.map((group) => ({
      ...group,
      requests: ended(group.requests),
      connections: { ...group.connections, active: 0 },
    })),
  };
}

/** @returns it as the data plane of this process would tell of it */
export function readableTraffic({ services, targetGroups }: PlainTraffic): Traffic {
  return {
    services: services.map((service) => ({ ...service, requests: readable(service.requests) })),
    targetGroups: targetGroups.map((group) => ({ ...group, requests: readable(group.requests) })),
  };
}

function merge<T extends { readonly id: string }>(all: readonly T[], add: (one: T, other: T) => T): T[] {
  const merged = new Map<string, T>();
  for (const one of all) {
    const known = merged.get(one.id);
    merged.set(one.id, known === undefined ? one : add(known, one));
  }
  return [...merged.values()];
}

function addRequests(one: PlainRequests, other: PlainRequests): PlainRequests {
  return {
    counters: addCounters(one.counters, other.counters),
    sum: one.sum + other.sum,
    longest: Math.max(one.longest, other.longest),
    buckets: addBuckets([...one.buckets, ...other.buckets]),
  };
}

/** Every process has the same borders. */
function addBuckets(all: readonly DurationBucket[]): DurationBucket[] {
  const merged = new Map<number, DurationBucket>();
  for (const bucket of all) {
    merged.set(bucket.from, { ...bucket, count: bucket.count + (merged.get(bucket.from)?.count ?? 0) });
  }
  return [...merged.values()].sort((one, other) => one.from - other.from);
}

function readable({ counters, sum, longest, buckets }: PlainRequests): RequestTotals {
  return { ...counters, times: { sum, longest, filled: () => buckets } };
}
