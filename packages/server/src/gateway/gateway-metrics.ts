import type { AccessLogs } from "@pergola/access-logs";
import type { DataPlane } from "@pergola/data-plane";
import { jsonResponse } from "../api/api-error.ts";
import { createMetricsViews, type MetricsViews } from "../metrics/metrics-views.ts";
import type { HealthPorts } from "./health-endpoint.ts";

/** What a gateway counts with. */
export interface Counted {
  readonly dataPlane: Pick<DataPlane, "metrics" | "traffic">;
  readonly records: Pick<AccessLogs, "metrics">;
}

/**
 * @param counted gives undefined until there is something to count
 * @returns the paths that `pergola serve` has too, with the same names in them; 503 until there is something to count
 */
export function metricsViews(counted: () => Counted | undefined): HealthPorts["views"] {
  const startedAt = new Date().toISOString();
  const show = (form: keyof MetricsViews) => {
    return async () => {
      const now = counted();
      if (now === undefined) return jsonResponse(503, { message: "the gateway is starting" });
      return views[form](await now.dataPlane.traffic());
    };
  };
  const views = createMetricsViews(async () => {
    const { dataPlane, records } = counted() ?? absent();
    return { dataPlane: dataPlane.metrics(), accessLogs: records.metrics(), resources: undefined };
  }, startedAt);
  return { "/metrics": show("prometheus"), "/pergola/metrics": show("json") };
}

function absent(): never {
  throw new Error("nothing is counted before the start");
}
