import type { Call } from "./call.ts";

/** Counters since the start. Monotonic; readers take differences. */
export interface Metrics {
  requests: number;
  responses2xx: number;
  responses3xx: number;
  responses4xx: number;
  responses5xx: number;
  /** 403 by policy or signature. */
  denied: number;
  /** Requests that are no HTTP, or that no service can be found for. */
  malformed: number;
  /** Clients that went away before the response was complete. */
  clientAborts: number;
  /** Second attempts at a target. */
  retries: number;
  /** Times that a target was set aside. */
  ejections: number;
  connections: number;
  /** Connections beyond the most that a port takes. */
  refusedConnections: number;
  tlsErrors: number;
  /** Connections that were passed on to a target unread, or handed over by an upgrade. */
  tunnels: number;
  /** Answers from a configuration that is known to be outdated, because the store could not be read. */
  staleServed: number;
  storeErrors: number;
}

/** @returns counters, all at zero */
export function createMetrics(): Metrics {
  return {
    requests: 0,
    responses2xx: 0,
    responses3xx: 0,
    responses4xx: 0,
    responses5xx: 0,
    denied: 0,
    malformed: 0,
    clientAborts: 0,
    retries: 0,
    ejections: 0,
    connections: 0,
    refusedConnections: 0,
    tlsErrors: 0,
    tunnels: 0,
    staleServed: 0,
    storeErrors: 0,
  };
}

/** Counts a response by the class of its status. */
export function countStatus(metrics: Metrics, status: number): void {
  if (status >= 500) metrics.responses5xx += 1;
  else if (status >= 400) metrics.responses4xx += 1;
  else if (status >= 300) metrics.responses3xx += 1;
  else if (status >= 200) metrics.responses2xx += 1;
}

/**
 * Counts a finished request for its service and its target group: two objects that it has at hand.
 * @param ended milliseconds of the monotonic clock
 */
export function countRequest({ service, rotation, status, failure, startedAt }: Call, ended: number): void {
  if (service === undefined) return;
  const isTimeout = failure === "TargetDataTimeout";
  service.requests.count(status, ended - startedAt, isTimeout);
  if (rotation === undefined) return;
  const { requests } = rotation.counts;
  requests.active -= 1;
  requests.count(status, ended - startedAt, isTimeout);
}
