import { parseLatticeArn } from "@pergola/core";
import type { Traffic } from "@pergola/data-plane";
import type { Routes } from "../api/api-host.ts";
import type { SignedRequest } from "../api/require-signature.ts";
import { createMetricsViews } from "./metrics-views.ts";
import type { ProcessMetrics } from "./process-metrics.ts";

export interface MetricsSources {
  readonly process: () => Promise<ProcessMetrics>;
  readonly traffic: () => Promise<Traffic>;
  /** @returns the account whose services and target groups the caller may see; undefined for all */
  readonly accountOf: (request: SignedRequest) => string | undefined;
  readonly startedAt: string;
}

/** `/metrics` for Prometheus, and the same numbers as JSON with Lattice's own names. Both ask who calls as any other route does. */
export function metricsRoutes({ process, traffic, accountOf, startedAt }: MetricsSources): Routes {
  const visible = async (request: SignedRequest): Promise<Traffic> => trafficOf(await traffic(), accountOf(request));
  const views = createMetricsViews(process, startedAt);
  return {
    "/pergola/metrics": async (request) => views.json(await visible(request)),
    "/metrics": async (request) => views.prometheus(await visible(request)),
  };
}

function trafficOf({ services, targetGroups }: Traffic, account: string | undefined): Traffic {
  const isVisible = ({ arn }: { readonly arn: string }): boolean =>
    account === undefined || parseLatticeArn(arn)?.account === account;
  return { services: services.filter(isVisible), targetGroups: targetGroups.filter(isVisible) };
}
