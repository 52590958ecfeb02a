export { openTracing } from "./open-tracing.ts";
export type { OpenTracing, SpanFacts, TracingHost } from "./tracing-host.ts";
