import type { AccessLogs } from "./access-logs.ts";
import type { DeploySettings } from "./deploy-settings.ts";
import type { GatewayResources } from "./gateway.ts";
import type { Table } from "./storage.ts";

export interface Alarmed {
  readonly settings: DeploySettings;
  readonly logs: AccessLogs;
  readonly table: Table;
  readonly routers: readonly WatchedRouter[];
  readonly controlPlane: sst.aws.Function;
  readonly healthChecks: $util.Output<sst.aws.Function> | undefined;
  readonly domainVerification: $util.Output<sst.aws.Function>;
  readonly gateway: GatewayResources | undefined;
}

export interface WatchedRouter {
  readonly handler: sst.aws.Function;
  /** Absent: it is behind its URL. */
  readonly balancer?: aws.lb.LoadBalancer;
}

interface Watch {
  readonly description: string;
  readonly namespace: string;
  readonly metricName: string;
  readonly dimensions?: Readonly<Record<string, $util.Input<string>>>;
  readonly statistic: "Sum" | "Maximum";
  readonly threshold: number;
  /** Minutes in a row. */
  readonly minutes: number;
}

/** What somebody should hear of; each alarm's description says what it means and where to look. */
export function alarms({ settings, logs, routers, table, gateway, ...functions }: Alarmed): void {
  const topic = new aws.sns.Topic("Alarms");
  if (settings.alarmEmail !== undefined) {
    new aws.sns.TopicSubscription("AlarmMail", { topic: topic.arn, protocol: "email", endpoint: settings.alarmEmail });
  }
  const alarm = (name: string, { minutes, dimensions, ...watch }: Watch): void => {
    new aws.cloudwatch.MetricAlarm(`${name}Alarm`, {
      alarmDescription: watch.description,
      namespace: watch.namespace,
      metricName: watch.metricName,
      statistic: watch.statistic,
      threshold: watch.threshold,
      ...(dimensions && { dimensions: { ...dimensions } }),
      comparisonOperator: "GreaterThanThreshold",
      period: 60,
      evaluationPeriods: minutes,
      treatMissingData: "notBreaching",
      alarmActions: [topic.arn],
      okActions: [topic.arn],
    });
  };
  watchQueue(alarm, logs);
  for (const [index, router] of routers.entries()) watchRouter(alarm, router, index);
  watchFunctions(alarm, functions);
  if (gateway !== undefined) watchGateway(alarm, gateway);
  alarm("StoreThrottles", {
    description: "DynamoDB refuses reads of the table: routers serve the last configuration that they have",
    namespace: "AWS/DynamoDB",
    metricName: "ReadThrottleEvents",
    dimensions: { TableName: table.name },
    statistic: "Sum",
    threshold: 0,
    minutes: 2,
  });
}

type MakeAlarm = (name: string, watch: Watch) => void;

function watchFunctions(
  alarm: MakeAlarm,
  {
    controlPlane,
    healthChecks,
    domainVerification,
  }: Pick<Alarmed, "controlPlane" | "healthChecks" | "domainVerification">,
): void {
  alarm("ControlPlaneErrors", functionErrors("the API fails: see its log", controlPlane.name));
  if (healthChecks !== undefined) {
    alarm(
      "HealthCheckErrors",
      functionErrors("health checks do not finish: targets keep the health they had", healthChecks.name),
    );
  }
  alarm(
    "DomainVerificationErrors",
    functionErrors("domains are not looked up: they stay as they are, see the log", domainVerification.name),
  );
}

function functionErrors(description: string, name: $util.Input<string>): Watch {
  const metric = { namespace: "AWS/Lambda", metricName: "Errors", dimensions: { FunctionName: name } };
  return { description, ...metric, statistic: "Sum", threshold: 0, minutes: 3 };
}

function watchQueue(alarm: MakeAlarm, { queue, undelivered }: AccessLogs): void {
  alarm("UndeliveredRecords", {
    description: "access records could not be delivered in a day: mend the destination, then redrive the queue",
    namespace: "AWS/SQS",
    metricName: "ApproximateNumberOfMessagesVisible",
    dimensions: { QueueName: undelivered.nodes.queue.name },
    statistic: "Maximum",
    threshold: 0,
    minutes: 1,
  });
  alarm("LateRecords", {
    description: "access records wait for more than half an hour: a destination does not take them",
    namespace: "AWS/SQS",
    metricName: "ApproximateAgeOfOldestMessage",
    dimensions: { QueueName: queue.nodes.queue.name },
    statistic: "Maximum",
    threshold: 1800,
    minutes: 5,
  });
}

function watchRouter(alarm: MakeAlarm, { handler: router, balancer }: WatchedRouter, index: number): void {
  const prefix = `Router${index}`;
  const dimensions = { FunctionName: router.name };
  const lambda = { namespace: "AWS/Lambda", dimensions, statistic: "Sum", minutes: 3 } as const;
  alarm(`${prefix}Errors`, {
    ...lambda,
    description: "a router fails: see its log",
    metricName: "Errors",
    threshold: 0,
  });
  alarm(`${prefix}Throttles`, {
    ...lambda,
    description: "clients are refused: raise routerConcurrency or the account's quota",
    metricName: "Throttles",
    threshold: 0,
  });
  alarm(`${prefix}5xx`, {
    ...lambda,
    // A function without a URL has no such count: there, its load balancer counts.
    ...(balancer === undefined
      ? { metricName: "Url5xxCount" }
      : {
          namespace: "AWS/ApplicationELB",
          metricName: "HTTPCode_Target_5XX_Count",
          dimensions: { LoadBalancer: balancer.arnSuffix },
        }),
    description: "more than ten answers of 5xx a minute from a router: targets fail, or none is registered",
    threshold: 10,
  });
  watchDataPlane(alarm, logGroupOf(router), prefix);
}

function watchGateway(alarm: MakeAlarm, { balancer, targets, group, cluster, service }: GatewayResources): void {
  for (const { port, group: targetGroup } of targets) {
    alarm(`Gateway${port}Unhealthy`, {
      description: "a container of the gateway does not answer its load balancer: see its log",
      namespace: "AWS/NetworkELB",
      metricName: "UnHealthyHostCount",
      dimensions: { LoadBalancer: balancer.arnSuffix, TargetGroup: targetGroup.arnSuffix },
      statistic: "Maximum",
      threshold: 0,
      minutes: 5,
    });
  }
  alarm("GatewayBusy", {
    description: "the gateway's containers are busy for ten minutes: raise gateway.tasks.max or gateway.cpu",
    namespace: "AWS/ECS",
    metricName: "CPUUtilization",
    dimensions: { ClusterName: cluster.name, ServiceName: service.name },
    statistic: "Maximum",
    threshold: 85,
    minutes: 10,
  });
  watchLog(alarm, group.name, "Gateway5xx", {
    message: "requests were answered with 5xx",
    value: "$.count",
    description: "more than ten answers of 5xx a minute from the gateway: targets fail, or none is registered",
    threshold: 10,
    minutes: 3,
  });
  watchDataPlane(alarm, group.name, "Gateway");
}

/** What a router or gateway writes to its log where nobody else would notice. */
function watchDataPlane(alarm: MakeAlarm, logGroupName: $util.Input<string>, prefix: string): void {
  watchLog(alarm, logGroupName, `${prefix}StaleConfiguration`, {
    message: "configuration cannot be read",
    description: "the last configuration that is known is served: see the log for what DynamoDB says",
  });
  watchLog(alarm, logGroupName, `${prefix}LoggedRecords`, {
    message: "access records could not be handed over*",
    description: "access records are only in the log: bring them back with pergola logs recover",
  });
}

interface LogWatch extends Pick<Watch, "description">, Partial<Pick<Watch, "threshold" | "minutes">> {
  readonly message: string;
  /** What a line counts for; absent: one. */
  readonly value?: string;
}

function watchLog(
  alarm: MakeAlarm,
  logGroupName: $util.Input<string>,
  name: string,
  { message, value = "1", description, threshold = 0, minutes = 1 }: LogWatch,
): void {
  const namespace = `Pergola/${$app.stage}`;
  new aws.cloudwatch.LogMetricFilter(`${name}Filter`, {
    logGroupName,
    pattern: `{ $.message = "${message}" }`,
    metricTransformation: { namespace, name, value },
  });
  alarm(name, { description, namespace, metricName: name, statistic: "Sum", threshold, minutes });
}

function logGroupOf(router: sst.aws.Function): $util.Output<string> {
  return router.nodes.logGroup.apply((group) => {
    if (group === undefined) throw new Error("logging: a router needs a log group of its own");
    return group.name;
  });
}
