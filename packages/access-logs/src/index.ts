export { type AccessLogMetrics, type AccessLogs, openAccessLogs } from "./access-logs.ts";
export type { LaneState } from "./delivery-lane.ts";
export { createFileSinks } from "./file-sinks.ts";
export { formatAccessRecord } from "./format-access-record.ts";
export type { LossReason } from "./loss-report.ts";
export type { AccessLogOptions } from "./options.ts";
