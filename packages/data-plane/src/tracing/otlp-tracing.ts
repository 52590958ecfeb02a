import { setTimeout as sleep } from "node:timers/promises";
import { createTraceState, ROOT_CONTEXT, type Span, SpanKind, TraceFlags, trace } from "@opentelemetry/api";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-http";
import { defaultResource, detectResources, envDetector, resourceFromAttributes } from "@opentelemetry/resources";
import { BatchSpanProcessor, TracerProvider } from "@opentelemetry/sdk-trace";
import { passedAttributes, passedStatus } from "./passed-attributes.ts";
import { reportedExporter } from "./reported-exporter.ts";
import type { RequestSpan } from "./request-tracing.ts";
import { samplerOf } from "./sampler.ts";
import { spanAttributes, spanName, spanStatus } from "./span-attributes.ts";
import { formatTraceparent, parseTraceparent, type TraceParent } from "./traceparent.ts";
import type { OpenTracing, TracingHost } from "./tracing-host.ts";

/** Spans that wait for the receiver; further ones are dropped. */
const maxQueueSize = 2_048;
/** What an export may take, unless OTEL_EXPORTER_OTLP_TIMEOUT says so: a process that ends waits for it at most this long. */
const exportTimeoutMs = 3_000;

/** Spans by the OpenTelemetry SDK, sent with OTLP over HTTP. */
export function createOtlpTracing(host: TracingHost): OpenTracing {
  const { env, logger, headerValue } = host;
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
      const context =
        parent === undefined ? ROOT_CONTEXT : contextOf(parent, headerValue(head.rawHeaders, "tracestate"));
      const span = tracer.startSpan(spanName(head.method), { kind: SpanKind.SERVER, startTime: now }, context);
      return requestSpan(span, parent !== undefined, now.getTime(), headerValue);
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

function contextOf({ traceId, spanId, isSampled }: TraceParent, state: string | undefined) {
  const traceFlags = isSampled ? TraceFlags.SAMPLED : TraceFlags.NONE;
  return trace.setSpanContext(ROOT_CONTEXT, {
    traceId,
    spanId,
    traceFlags,
    isRemote: true,
    ...(state === undefined ? {} : { traceState: createTraceState(state) }),
  });
}

function requestSpan(
  span: Span,
  isContinued: boolean,
  startedAt: number,
  headerValue: TracingHost["headerValue"],
): RequestSpan {
  const { traceId, spanId, traceFlags } = span.spanContext();
  const isSampled = (traceFlags & TraceFlags.SAMPLED) !== 0;
  return {
    traceparent: formatTraceparent({ traceId, spanId, isSampled }),
    isContinued,
    end(call, duration) {
      if (!span.isRecording()) return;
      span.setAttributes(spanAttributes(call, headerValue)).setStatus(spanStatus(call));
      span.end(startedAt + duration);
    },
  };
}
