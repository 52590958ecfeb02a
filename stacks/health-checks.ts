import { type FunctionBase, functionEnvironment, functionNetwork } from "./function-environment.ts";
import { writesTable } from "./table-statements.ts";
import { resolvesTargets } from "./target-statements.ts";

/** Checks targets, a minute's worth at a time: EventBridge's shortest interval is longer than Lattice's. */
export function healthChecks({ settings, table }: FunctionBase) {
  const cron = new sst.aws.CronV2("HealthChecks", {
    schedule: "rate(1 minute)",
    function: {
      handler: "packages/lambda/src/health-checks.handler",
      description: "Pergola: health checks",
      memory: "256 MB",
      timeout: "90 seconds",
      ...functionNetwork(settings),
      environment: functionEnvironment(settings, table),
      permissions: [writesTable(table), ...resolvesTargets(settings)],
    },
  });
  return cron.nodes.function;
}
