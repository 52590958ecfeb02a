import type { ConnectionTotals, RequestTotals } from "@pergola/data-plane";

/** A metric of Lattice. Source: VPC Lattice user guide, CloudWatch metrics, read 2026-11. */
export interface LatticeMetric<T> {
  /** As CloudWatch knows it. */
  readonly name: string;
  readonly unit: "Count" | "Bytes" | "Milliseconds";
  /** Goes up and down. */
  readonly isGauge?: true;
  /** Since the start, or now for a gauge. */
  readonly value: (counted: T) => number;
}

const codes: readonly LatticeMetric<RequestTotals>[] = [
  { name: "HTTPCode_2XX_Count", unit: "Count", value: ({ status2xx }) => status2xx },
  { name: "HTTPCode_3XX_Count", unit: "Count", value: ({ status3xx }) => status3xx },
  { name: "HTTPCode_4XX_Count", unit: "Count", value: ({ status4xx }) => status4xx },
  { name: "HTTPCode_5XX_Count", unit: "Count", value: ({ status5xx }) => status5xx },
];

/** Of a service, beside `RequestTime`. */
export const serviceMetrics: readonly LatticeMetric<RequestTotals>[] = [
  { name: "TotalRequestCount", unit: "Count", value: ({ total }) => total },
  { name: "RequestTimeoutCount", unit: "Count", value: ({ timeouts }) => timeouts },
  ...codes,
];

/** Of the requests to a target group, beside `RequestTime`. */
export const targetGroupMetrics: readonly LatticeMetric<RequestTotals>[] = [
  { name: "TotalRequestCount", unit: "Count", value: ({ total }) => total },
  { name: "ActiveRequestCount", unit: "Count", isGauge: true, value: ({ active }) => active },
  ...codes,
];

/** Of the connections to a target group's targets. */
export const connectionMetrics: readonly LatticeMetric<ConnectionTotals>[] = [
  { name: "TotalConnectionCount", unit: "Count", value: ({ total }) => total },
  { name: "ActiveConnectionCount", unit: "Count", isGauge: true, value: ({ active }) => active },
  { name: "HTTP1_ConnectionCount", unit: "Count", value: ({ http1 }) => http1 },
  { name: "HTTP2_ConnectionCount", unit: "Count", value: ({ http2 }) => http2 },
  { name: "ConnectionErrorCount", unit: "Count", value: ({ errors }) => errors },
  { name: "ConnectionTimeoutCount", unit: "Count", value: ({ timeouts }) => timeouts },
  { name: "TotalTLSConnectionHandshakeCount", unit: "Count", value: ({ tlsHandshakes }) => tlsHandshakes },
  { name: "TLSConnectionErrorCount", unit: "Count", value: ({ tlsErrors }) => tlsErrors },
  { name: "TotalSentConnectionBytes", unit: "Bytes", value: ({ bytesSent }) => bytesSent },
  { name: "TotalReceivedConnectionBytes", unit: "Bytes", value: ({ bytesReceived }) => bytesReceived },
];
