import type { ReadableSpan, SpanExporter, SpanProcessor } from "@opentelemetry/sdk-trace";
import { openFlushExporter } from "./flush-exporter.ts";
import { reportedExporter } from "./reported-exporter.ts";
import type { TracingHost } from "./tracing-host.ts";

/** Spans that wait while the receiver is away, and one export at most; further ones are dropped. */
const maxWaiting = 512;
/** How long nobody waits for a receiver that has failed. Milliseconds. */
const pauseMs = 30_000;

/**
 * @returns what keeps spans until they are flushed, all in one export: in a process that is frozen between requests nothing may be under
 * way then. After an export that failed, whose spans are lost, the next ones wait until the receiver gets another chance
 */
export function heldSpans({ env, logger }: TracingHost): SpanProcessor {
  const exporter = reportedExporter(openFlushExporter(env), logger);
  let waiting: ReadableSpan[] = [];
  let pausedUntil = 0;
  const flush = async (): Promise<void> => {
    if (waiting.length === 0 || Date.now() < pausedUntil) return;
    const spans = waiting;
    waiting = [];
    if (!(await isExported(exporter, spans))) pausedUntil = Date.now() + pauseMs;
  };
  return {
    onStart: () => undefined,
    onEnd(span) {
      if (waiting.length < maxWaiting) waiting.push(span);
    },
    forceFlush: flush,
    shutdown: flush,
  };
}

function isExported(exporter: SpanExporter, spans: ReadableSpan[]): Promise<boolean> {
  return new Promise((resolve) => exporter.export(spans, ({ code }) => resolve(code === 0)));
}
