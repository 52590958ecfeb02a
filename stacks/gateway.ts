import type { AccessLogs } from "./access-logs.ts";
import type { GatewaySettings } from "./deploy-settings.ts";
import type { FunctionBase } from "./function-environment.ts";
import { containerPort, healthPort } from "./gateway-ports.ts";
import { gatewayRoles } from "./gateway-roles.ts";
import { retentionDays } from "./retention-days.ts";
import { serviceDomainOf } from "./service-domain.ts";
import { privateNames } from "./vpc-router.ts";

export interface Gateway extends FunctionBase {
  readonly logs: AccessLogs;
  readonly gateway: GatewaySettings;
}

/**
 * The data plane in containers that stay, behind a network load balancer: for steady traffic and for what Lambda does not carry. TLS is
 * the gateway's own, so that every service has its certificate and passthrough stays unread.
 */
export function gateway(base: Gateway) {
  const { settings, gateway: given } = base;
  const { subnetIds, tasks, cpu, memory } = given;
  const ports = given.ports ?? [80, 443];
  const group = new aws.cloudwatch.LogGroup("GatewayLogs", {
    name: `/${$app.name}/${$app.stage}/gateway`,
    retentionInDays: retentionDays[settings.logRetention],
  });
  const { task, execution } = gatewayRoles({ ...base, group });
  const cluster = new aws.ecs.Cluster("Gateway", { name: `${$app.name}-${$app.stage}-gateway` });
  const definition = new aws.ecs.TaskDefinition("GatewayTask", {
    family: `${$app.name}-${$app.stage}-gateway`,
    requiresCompatibilities: ["FARGATE"],
    networkMode: "awsvpc",
    runtimePlatform: { cpuArchitecture: "ARM64", operatingSystemFamily: "LINUX" },
    cpu: String(cpu),
    memory: String(memory),
    taskRoleArn: task.arn,
    executionRoleArn: execution.arn,
    containerDefinitions: $jsonStringify([container(base, group, ports)]),
  });
  const { balancer, targets, taskGroup, listeners } = network(given, ports);
  const service = new aws.ecs.Service(
    "GatewayService",
    {
      name: "gateway",
      cluster: cluster.arn,
      taskDefinition: definition.arn,
      launchType: "FARGATE",
      desiredCount: tasks.min,
      networkConfiguration: { subnets: [...subnetIds], securityGroups: [taskGroup.id], assignPublicIp: false },
      loadBalancers: targets.map(({ port, group: { arn } }) => ({
        targetGroupArn: arn,
        containerName: "gateway",
        containerPort: containerPort(port),
      })),
      // A version that does not start leaves the one before in its place.
      deploymentCircuitBreaker: { enable: true, rollback: true },
      healthCheckGracePeriodSeconds: 60,
      enableExecuteCommand: false,
    },
    // The scaling's number is not a change to undo; and a target group has to have a listener before a service may use it.
    { ignoreChanges: ["desiredCount"], dependsOn: listeners },
  );
  scaling(cluster, service, tasks);
  if (given.internal) privateNames("Gateway", { id: given.vpcId }, balancer, serviceDomainOf(settings));
  return { balancer, targets, group, cluster, service };
}

function container(
  { settings, table, identity, logs, gateway: given }: Gateway,
  group: aws.cloudwatch.LogGroup,
  ports: readonly number[],
) {
  const account = given.vpcAccount ?? aws.getCallerIdentityOutput().accountId;
  const variables: Readonly<Record<string, $util.Input<string>>> = {
    ...settings.openTelemetry,
    PERGOLA_TABLE: table.name,
    PERGOLA_REGION: settings.region,
    PERGOLA_LISTENERS: ports.map((port) => `${port}=${containerPort(port)}`).join(","),
    PERGOLA_HEALTH_PORT: String(healthPort),
    // From the internet nobody is in a VPC: then associations only say that a network is used.
    PERGOLA_SOURCE_VPC: given.internal ? $interpolate`${given.vpcId}/${account}` : "any",
    PERGOLA_RECORD_QUEUE_URL: logs.queue.url,
    ...(identity === undefined ? {} : { PERGOLA_KMS_KEY_ID: identity.key.arn }),
    PERGOLA_DRAIN_MS: "100000",
  };
  const { certificateSecret } = given;
  return {
    name: "gateway",
    image: given.image,
    essential: true,
    // Above the drain and the last deliveries; Fargate's maximum. Source: ECS developer guide, task definition parameters, read 2026-11.
    stopTimeout: 120,
    portMappings: [...ports.map(containerPort), healthPort].map((port) => ({ containerPort: port, protocol: "tcp" })),
    environment: Object.entries(variables).map(([name, value]) => ({ name, value })),
    secrets: certificateSecret === undefined ? [] : [{ name: "PERGOLA_TLS_PEM", valueFrom: certificateSecret }],
    ulimits: [{ name: "nofile", softLimit: 65_536, hardLimit: 65_536 }],
    logConfiguration: {
      logDriver: "awslogs",
      options: { "awslogs-group": group.name, "awslogs-region": settings.region, "awslogs-stream-prefix": "gateway" },
    },
  };
}

function network({ vpcId, subnetIds, clientCidrs, internal }: GatewaySettings, ports: readonly number[]) {
  const clients = new aws.ec2.SecurityGroup("GatewayClients", {
    vpcId,
    description: "Pergola: clients of the gateway",
    ingress: ports.map((port) => ({ protocol: "tcp", fromPort: port, toPort: port, cidrBlocks: [...clientCidrs] })),
    egress: [...ports.map(containerPort), healthPort].map((port) => ({
      protocol: "tcp",
      fromPort: port,
      toPort: port,
      cidrBlocks: ["0.0.0.0/0"],
    })),
  });
  const taskGroup = new aws.ec2.SecurityGroup("GatewayTasks", {
    vpcId,
    description: "Pergola: the gateway, reached through its load balancer only",
    ingress: [...ports.map(containerPort), healthPort].map((port) => ({
      protocol: "tcp",
      fromPort: port,
      toPort: port,
      securityGroups: [clients.id],
    })),
    // Targets are wherever their owners have them.
    egress: [{ protocol: "-1", fromPort: 0, toPort: 0, cidrBlocks: ["0.0.0.0/0"] }],
  });
  const balancer = new aws.lb.LoadBalancer("GatewayBalancer", {
    loadBalancerType: "network",
    internal,
    subnets: [...subnetIds],
    securityGroups: [clients.id],
    enableCrossZoneLoadBalancing: true,
    enableDeletionProtection: $app.stage === "production",
  });
  const targets = ports.map((port) => ({ port, group: targetGroup(port, vpcId) }));
  const listeners = targets.map(
    ({ port, group: { arn: targetGroupArn } }) =>
      new aws.lb.Listener(`Gateway${port}`, {
        loadBalancerArn: balancer.arn,
        port,
        protocol: "TCP",
        defaultActions: [{ type: "forward", targetGroupArn }],
      }),
  );
  return { balancer, targets, taskGroup, listeners };
}

function targetGroup(port: number, vpcId: string) {
  return new aws.lb.TargetGroup(`GatewayTargets${port}`, {
    targetType: "ip",
    protocol: "TCP",
    port: containerPort(port),
    vpcId,
    // Policies and records see the client's own address.
    preserveClientIp: "true",
    // As long as a container may take to end its connections.
    deregistrationDelay: 120,
    connectionTermination: true,
    healthCheck: {
      protocol: "HTTP",
      path: "/health",
      port: String(healthPort),
      matcher: "200",
      interval: 10,
      healthyThreshold: 2,
      unhealthyThreshold: 2,
    },
  });
}

function scaling(cluster: aws.ecs.Cluster, service: aws.ecs.Service, { min, max }: GatewaySettings["tasks"]): void {
  const target = new aws.appautoscaling.Target("GatewayScaling", {
    serviceNamespace: "ecs",
    scalableDimension: "ecs:service:DesiredCount",
    resourceId: $interpolate`service/${cluster.name}/${service.name}`,
    minCapacity: min,
    maxCapacity: max,
  });
  new aws.appautoscaling.Policy("GatewayByCpu", {
    policyType: "TargetTrackingScaling",
    serviceNamespace: target.serviceNamespace,
    scalableDimension: target.scalableDimension,
    resourceId: target.resourceId,
    targetTrackingScalingPolicyConfiguration: {
      predefinedMetricSpecification: { predefinedMetricType: "ECSServiceAverageCPUUtilization" },
      targetValue: 60,
      scaleInCooldown: 300,
      scaleOutCooldown: 60,
    },
  });
}

export type GatewayResources = ReturnType<typeof gateway>;
