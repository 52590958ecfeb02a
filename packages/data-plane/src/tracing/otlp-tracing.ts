import { setTimeout as sleep } from "node:timers/promises";
import { createTraceState, ROOT_CONTEXT, type Span, SpanKind, TraceFlags, trace } from "@opentelemetry/api";
import { defaultResource, detectResources, envDetector, resourceFromAttributes } from "@opentelemetry/resources";
import { TracerProvider } from "@opentelemetry/sdk-trace";
import { batchedSpans } from "./batched-spans.ts";
import { heldSpans } from "./held-spans.ts";
import { passedAttributes, passedStatus } from "./passed-attributes.ts";
import type { RequestSpan } from "./request-tracing.ts";
import { samplerOf } from "./sampler.ts";
import { spanAttributes, spanName, spanStatus } from "./span-attributes.ts";
import { formatTraceparent, parseTraceparent, type TraceParent } from "./traceparent.ts";
import type { OpenTracing, TracingHost } from "./tracing-host.ts";

/** Spans by the OpenTelemetry SDK, sent with OTLP over HTTP. */
export function createOtlpTracing(host: TracingHost): OpenTracing {
  const { env, logger, headerValue, resource = {}, facts = () => ({}) } = host;
  const processor = host.isFrozenBetweenRequests === true ? heldSpans(host) : batchedSpans(host);
  const provider = new TracerProvider({
    sampler: samplerOf(env, logger),
    resource: defaultResource()
      .merge(resourceFromAttributes({ "service.name": "pergola", ...resource }))
      .merge(detectResources({ detectors: [envDetector] })),
    spanProcessors: [processor],
  });
  const tracer = provider.getTracer("pergola");
  return {
    start(head, now) {
      const parent = parseTraceparent(headerValue(head.rawHeaders, "traceparent") ?? "");
      const context =
        parent === undefined ? ROOT_CONTEXT : contextOf(parent, headerValue(head.rawHeaders, "tracestate"));
      const options = { kind: SpanKind.SERVER, startTime: now, attributes: facts() };
      const span = tracer.startSpan(spanName(head.method), options, context);
      return requestSpan(span, parent !== undefined, now.getTime(), headerValue);
    },
    passed(connection, duration) {
      const startTime = connection.startedAt.getTime();
      const span = tracer.startSpan("TLS passthrough", { kind: SpanKind.SERVER, startTime }, ROOT_CONTEXT);
      if (!span.isRecording()) return;
      span.setAttributes(passedAttributes(connection)).setStatus(passedStatus(connection));
      span.end(startTime + duration);
    },
    async flush() {
      await processor.forceFlush().catch((error: unknown) => logger.warn("spans cannot be exported", { error }));
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
