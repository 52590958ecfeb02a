import type { Traffic } from "@pergola/data-plane";
import { jsonResponse, type TextResponse } from "../api/api-error.ts";
import { metricData } from "./metric-data.ts";
import type { ProcessMetrics } from "./process-metrics.ts";
import { openPrometheusText, type PrometheusText } from "./prometheus.ts";

/** The two forms that counters are shown in, with the process's own beside those of the given traffic. */
export interface MetricsViews {
  /** @returns JSON with Lattice's own names */
  json(traffic: Traffic): Promise<TextResponse>;
  /** @returns the text format of Prometheus */
  prometheus(traffic: Traffic): Promise<TextResponse>;
}

/** @param startedAt since when there is counting, ISO 8601 */
export function createMetricsViews(process: () => Promise<ProcessMetrics>, startedAt: string): MetricsViews {
  let text: Promise<PrometheusText> | undefined;
  return {
    json: async (traffic) =>
      jsonResponse(200, {
        ...(await process()),
        startedAt,
        namespace: "AWS/VpcLattice",
        metricData: metricData(traffic),
      }),
    async prometheus(traffic) {
      text ??= openPrometheusText();
      const { contentType, write } = await text;
      const body = await write(await process(), traffic);
      return { status: 200, headers: { "content-type": contentType, "cache-control": "no-store" }, body };
    },
  };
}
