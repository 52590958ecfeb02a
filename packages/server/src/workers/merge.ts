import type { AccessLogMetrics } from "@pergola/access-logs";
import type { PortStatus } from "../ports/port-manager.ts";

/** @returns each port once; one that any worker could not open has failed */
export function mergeListeners(of: readonly (readonly PortStatus[])[]): readonly PortStatus[] {
  const merged = new Map<number, PortStatus>();
  for (const status of of.flat()) {
    if (!merged.has(status.listenerPort) || status.state === "failed") merged.set(status.listenerPort, status);
  }
  return [...merged.values()].sort((one, other) => one.listenerPort - other.listenerPort);
}

/** @returns the counters of two processes as one; each destination is listed as often as it is written to */
export function addAccessLogs(one: AccessLogMetrics, other: AccessLogMetrics): AccessLogMetrics {
  return {
    written: one.written + other.written,
    lost: addCounters(one.lost, other.lost),
    bufferSize: one.bufferSize + other.bufferSize,
    spoolBytes: one.spoolBytes + other.spoolBytes,
    destinations: [...one.destinations, ...other.destinations],
  };
}

/** @returns the sum of each member of two objects that have the same ones */
export function addCounters<T extends Readonly<Record<keyof T, number>>>(one: T, other: T): T {
  const names = Object.keys(one) as (keyof T)[];
  return Object.fromEntries(names.map((name) => [name, one[name] + other[name]])) as T;
}
