import type { DeploySettings } from "./deploy-settings.ts";
import { functionEnvironment } from "./function-environment.ts";
import { logDestinationStatements } from "./log-destination-statements.ts";
import { retentionDays } from "./retention-days.ts";
import type { Table } from "./storage.ts";

/** Seconds one delivery may take. A message is hidden for six times as long, as Lambda asks for. */
const deliverySeconds = 60;
/** Tries, one every six minutes: a destination that is away for a day loses nothing. */
const tries = 300;
/** SQS's maximum, in seconds. Source: SQS developer guide, quotas, read 2026-11. */
const retentionSeconds = 14 * 86_400;

/** The queue of access records, their delivery, and a log group as a first destination. */
export function accessLogs(settings: DeploySettings, table: Table) {
  const { logDestinations, logRetention } = settings;
  const transform = {
    queue: (args: aws.sqs.QueueArgs, options: $util.CustomResourceOptions) => {
      options.retainOnDelete = $app.removal === "retain";
      args.messageRetentionSeconds = retentionSeconds;
      args.sqsManagedSseEnabled = true;
      return undefined;
    },
  };
  const undelivered = new sst.aws.Queue("UndeliveredRecords", { transform });
  const queue = new sst.aws.Queue("AccessRecords", {
    visibilityTimeout: `${6 * deliverySeconds} seconds`,
    dlq: { queue: undelivered.arn, retry: tries },
    transform,
  });
  const group = new aws.cloudwatch.LogGroup(
    "AccessLogGroup",
    {
      name: `/${$app.name}/${$app.stage}/access`,
      retentionInDays: retentionDays[logRetention],
    },
    { retainOnDelete: $app.removal === "retain" },
  );
  const statements = group.arn.apply((arn) => logDestinationStatements([arn, ...logDestinations]));
  queue.subscribe(
    {
      handler: "packages/lambda/src/log-delivery.handler",
      description: "Pergola: delivers access records",
      memory: "512 MB",
      timeout: `${deliverySeconds} seconds`,
      environment: functionEnvironment(settings, table),
      permissions: statements.apply(({ delivery }) => mutable(delivery)),
    },
    { batch: { size: 500, window: "5 seconds", partialResponses: true } },
  );
  return { queue, undelivered, group, routerStatements: logDestinationStatements(logDestinations).router };
}

function mutable(statements: ReturnType<typeof logDestinationStatements>["delivery"]) {
  return statements.map(({ actions, resources }) => ({ actions: [...actions], resources: [...resources] }));
}

export type AccessLogs = ReturnType<typeof accessLogs>;
