import type { OpenTracing, TracingHost } from "./tracing-host.ts";

/**
 * Opens tracing where the environment names a receiver of spans.
 * @returns undefined when it names none, or none that can be used: nothing of OpenTelemetry is loaded then
 */
export async function openTracing(host: TracingHost): Promise<OpenTracing | undefined> {
  const { env, logger } = host;
  const endpoint = env.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT || env.OTEL_EXPORTER_OTLP_ENDPOINT;
  const isOff = env.OTEL_SDK_DISABLED?.toLowerCase() === "true" || env.OTEL_TRACES_EXPORTER === "none";
  if (endpoint === undefined || endpoint === "" || isOff) return undefined;
  if (!/^https?:$/.test(URL.parse(endpoint)?.protocol ?? "")) {
    logger.error("no spans are exported: the OTLP endpoint must be an http or https URL", { endpoint });
    return undefined;
  }
  const { createOtlpTracing } = await import("./otlp-tracing.ts");
  return createOtlpTracing(host);
}
