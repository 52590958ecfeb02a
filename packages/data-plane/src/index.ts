export type { Call } from "./call.ts";
export { createDataPlane, type DataPlane } from "./data-plane.ts";
export type { DurationBucket } from "./duration-histogram.ts";
export type { ClientConnection, Exchange, ExchangeWatcher, TlsFacts } from "./exchange.ts";
export { type FailureCause, failures } from "./failure.ts";
export { lineLength } from "./head-size.ts";
export type { PortServer } from "./http/port-server.ts";
export { type ReadHead, readHead } from "./http/read-head.ts";
export { GivenTicketKeys, rotateTicketKeys, type TicketKeys } from "./http/ticket-keys.ts";
export type { Metrics } from "./metrics.ts";
export type { PassedConnection } from "./passthrough/passthrough-record.ts";
export type { DataPlaneOptions, DataPlanePorts, ReadableStore, RecentRecords, RequestPorts } from "./ports.ts";
export { createRequestHandler, type RequestHandler } from "./request-handler.ts";
export { endpointsOf, type ResourceEndpoint } from "./resources/endpoint.ts";
export { mergePortRanges } from "./resources/port-ranges.ts";
export type { ResourceGatewayOptions, ResourceGatewayPorts } from "./resources/ports.ts";
export {
  createResourceGateway,
  type ResourceGateway,
  type ResourceMetrics,
  type ResourcePort,
} from "./resources/resource-gateway.ts";
export type { RequestSpan, RequestTracing } from "./tracing/request-tracing.ts";
export type {
  ConnectionTotals,
  RequestTotals,
  ServiceTraffic,
  TargetGroupTraffic,
  Traffic,
} from "./traffic.ts";
