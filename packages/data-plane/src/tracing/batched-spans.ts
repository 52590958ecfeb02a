import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-http";
import { BatchSpanProcessor, type SpanProcessor } from "@opentelemetry/sdk-trace";
import { reportedExporter } from "./reported-exporter.ts";
import type { TracingHost } from "./tracing-host.ts";

/** Spans that wait for the receiver; further ones are dropped. */
const maxQueueSize = 2_048;
/** What an export may take, unless OTEL_EXPORTER_OTLP_TIMEOUT says so: a process that ends waits for it at most this long. */
const exportTimeoutMs = 3_000;

/** @returns what exports spans in batches, by time and number */
export function batchedSpans({ env, logger }: TracingHost): SpanProcessor {
  const hasTimeout = (env.OTEL_EXPORTER_OTLP_TRACES_TIMEOUT ?? env.OTEL_EXPORTER_OTLP_TIMEOUT) !== undefined;
  const exporter = new OTLPTraceExporter(hasTimeout ? {} : { timeoutMillis: exportTimeoutMs });
  return new BatchSpanProcessor({ exporter: reportedExporter(exporter, logger), maxQueueSize });
}
