import { setTimeout as sleep } from "node:timers/promises";
import { createTraceState, ROOT_CONTEXT, type Span, SpanKind, TraceFlags, trace } from "@opentelemetry/api";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-http";
import { defaultResource, detectResources, envDetector, resourceFromAttributes } from "@opentelemetry/resources";
import { BatchSpanProcessor, TracerProvider } from "@opentelemetry/sdk-trace";
import { headerValue, type Logger, type RequestHead } from "@pergola/core";
import type { RequestSpan, RequestTracing } from "@pergola/data-plane";
import type { Env } from "../config/setting-reader.ts";
import { passedAttributes, passedStatus } from "./passed-attributes.ts";
import { reportedExporter } from "./reported-exporter.ts";
import { samplerOf } from "./sampler.ts";
import { spanAttributes, spanName, spanStatus } from "./span-attributes.ts";
import { formatTraceparent, parseTraceparent, type TraceParent } from "./traceparent.ts";

/** Spans that wait for the receiver; further ones are dropped. */
const maxQueueSize = 2_048;
/** What an export may take, unless OTEL_EXPORTER_OTLP_TIMEOUT says so: a process that ends waits for it at most this long. */
const exportTimeoutMs = 3_000;

/** Tracing that has to be closed. */
export interface OpenTracing extends RequestTracing {
  /** Exports what waits, and gives up after `deadlineMs`, or when the receiver is away. Never rejects. */
  close(deadlineMs: number): Promise<void>;
}

/**
 * Spans by the OpenTelemetry SDK, sent with OTLP over HTTP.
 * @param env the process's own, since the exporter reads the rest of its settings there
 */
export function createOtlpTracing(env: Env, logger: Logger): OpenTracing {
  const hasTimeout = (env.OTEL_EXPORTER_OTLP_TRACES_TIMEOUT ?? env.OTEL_EXPORTER_OTLP_TIMEOUT) !== undefined;
  const exporter = new OTLPTraceExporter(hasTimeout ? {} : { timeoutMillis: exportTimeoutMs });
  const provider = new TracerProvider({
    sampler: samplerOf(env, logger),
    resource: defaultResource()
      .merge(resourceFromAttributes({ "service.name": "pergola" }))
      .merge(detectResources({ detectors: [envDetector] })),
    spanProcessors: [new BatchSpanProcessor({ exporter: reportedExporter(exporter, logger), maxQueueSize })],
  });
  const tracer = provider.getTracer("pergola");
  return {
    start(head, now) {
      const parent = parseTraceparent(headerValue(head.rawHeaders, "traceparent") ?? "");
      const context = parent === undefined ? ROOT_CONTEXT : contextOf(parent, head);
      const span = tracer.startSpan(spanName(head.method), { kind: SpanKind.SERVER, startTime: now }, context);
      return requestSpan(span, parent !== undefined, now.getTime());
    },
    passed(connection, duration) {
      const startTime = connection.startedAt.getTime();
      const span = tracer.startSpan("TLS passthrough", { kind: SpanKind.SERVER, startTime }, ROOT_CONTEXT);
      if (!span.isRecording()) return;
      span.setAttributes(passedAttributes(connection)).setStatus(passedStatus(connection));
      span.end(startTime + duration);
    },
    async close(deadlineMs) {
      // A failed export has been logged already.
      const flushed = provider.shutdown().catch(() => undefined);
      await Promise.race([flushed, sleep(deadlineMs, undefined, { ref: false })]);
    },
  };
}

function contextOf({ traceId, spanId, isSampled }: TraceParent, { rawHeaders }: RequestHead) {
  const traceFlags = isSampled ? TraceFlags.SAMPLED : TraceFlags.NONE;
  const state = headerValue(rawHeaders, "tracestate");
  return trace.setSpanContext(ROOT_CONTEXT, {
    traceId,
    spanId,
    traceFlags,
    isRemote: true,
    ...(state === undefined ? {} : { traceState: createTraceState(state) }),
  });
}

function requestSpan(span: Span, isContinued: boolean, startedAt: number): RequestSpan {
  const { traceId, spanId, traceFlags } = span.spanContext();
  const isSampled = (traceFlags & TraceFlags.SAMPLED) !== 0;
  return {
    traceparent: formatTraceparent({ traceId, spanId, isSampled }),
    isContinued,
    end(call, duration) {
      if (!span.isRecording()) return;
      span.setAttributes(spanAttributes(call)).setStatus(spanStatus(call));
      span.end(startedAt + duration);
    },
  };
}
