export { type AccessLogMetrics, type AccessLogs, openAccessLogs } from "./access-logs.ts";
export { createFileSinks } from "./file-sinks.ts";
export { formatAccessRecord } from "./format-access-record.ts";
export type { LaneState } from "./lane-ports.ts";
export type { LossReason } from "./loss-report.ts";
export { type MessageBatch, messageBatches } from "./message-batches.ts";
export type { AccessLogOptions } from "./options.ts";
export {
  decodeRecordMessage,
  encodeRecordMessage,
  findRecordMessage,
  type RecordMessage,
  recordMessages,
} from "./record-message.ts";
export { type RecoveryReport, recoverRecords } from "./recover-records.ts";
