import type { Agent } from "node:http";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-http";
import type { SpanExporter } from "@opentelemetry/sdk-trace";
import type { TracingHost } from "./tracing-host.ts";

/** What an export may take, connecting included. Milliseconds. */
const deadlineMs = 1_000;
/** How long the receiver may be silent: less than the 0.8 s after which the SDK would try again, when nobody waits any more. Milliseconds. */
const maxTimeoutMs = 750;
/** Connections that were idle for so long may be dead: while the process is frozen, nobody hears of their end. Milliseconds. */
const maxIdleMs = 4_000;

/** @returns an exporter that is done within a second, and leaves nothing under way then */
export function openFlushExporter(env: TracingHost["env"]): SpanExporter {
  let agent: Agent | undefined;
  let lastActive = 0;
  const httpAgentOptions = (protocol: string): Agent => {
    const { Agent } = process.getBuiltinModule(protocol === "https:" ? "node:https" : "node:http");
    agent = new Agent({ keepAlive: true });
    return agent;
  };
  const exporter = new OTLPTraceExporter({ timeoutMillis: timeoutOf(env), httpAgentOptions });
  return {
    export(spans, done) {
      if (Date.now() - lastActive > maxIdleMs) agent?.destroy();
      let isDone = false;
      const finish: typeof done = (result) => {
        if (isDone) return;
        isDone = true;
        clearTimeout(timer);
        lastActive = Date.now();
        done(result);
      };
      const timer = setTimeout(() => {
        finish({ code: 1, error: new Error(`not done within ${deadlineMs} ms`) });
        agent?.destroy();
      }, deadlineMs);
      exporter.export(spans, finish);
    },
    shutdown: () => exporter.shutdown(),
  };
}

function timeoutOf(env: TracingHost["env"]): number {
  const given = Number(env.OTEL_EXPORTER_OTLP_TRACES_TIMEOUT || env.OTEL_EXPORTER_OTLP_TIMEOUT);
  return given > 0 ? Math.min(given, maxTimeoutMs) : maxTimeoutMs;
}
