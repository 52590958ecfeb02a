import type { Logger } from "@pergola/core";
import type { RequestTracing } from "@pergola/data-plane";
import type { Teardown } from "../teardown.ts";

/** What the last spans may take at the end; less when the shutdown as a whole has less. Milliseconds. */
const lastExportMs = 3_000;

/**
 * Opens tracing where the environment names a receiver of spans; it ends with the teardown, after what handles requests.
 * @returns undefined when it names none: nothing of OpenTelemetry is loaded then
 */
export async function openTracing(logger: Logger, teardown: Teardown): Promise<RequestTracing | undefined> {
  const { env } = process;
  const endpoint = env.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT || env.OTEL_EXPORTER_OTLP_ENDPOINT;
  const isOff = env.OTEL_SDK_DISABLED?.toLowerCase() === "true" || env.OTEL_TRACES_EXPORTER === "none";
  if (endpoint === undefined || endpoint === "" || isOff) return undefined;
  if (!/^https?:$/.test(URL.parse(endpoint)?.protocol ?? "")) {
    logger.error("no spans are exported: the OTLP endpoint must be an http or https URL", { endpoint });
    return undefined;
  }
  const { createOtlpTracing } = await import("./otlp-tracing.ts");
  const tracing = createOtlpTracing(env, logger);
  teardown.addResource("tracing", (deadlineMs) => tracing.close(Math.min(deadlineMs, lastExportMs)));
  return tracing;
}
