import type { SpanExporter } from "@opentelemetry/sdk-trace";
import type { Logger } from "@pergola/core";

/** @returns the exporter, whose first failure in a row is logged, and its recovery: a receiver that is away would fill the log */
export function reportedExporter(exporter: SpanExporter, logger: Logger): SpanExporter {
  let isFailing = false;
  return {
    export(spans, done) {
      exporter.export(spans, (result) => {
        const hasFailed = result.error !== undefined || result.code !== 0;
        if (hasFailed && !isFailing) logger.warn("spans cannot be exported", { error: String(result.error) });
        if (!hasFailed && isFailing) logger.info("spans are exported again");
        isFailing = hasFailed;
        done(result);
      });
    },
    shutdown: () => exporter.shutdown(),
    forceFlush: async () => exporter.forceFlush?.(),
  };
}
