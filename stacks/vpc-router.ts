import type { Certified } from "./certificates.ts";
import type { VpcSettings } from "./deploy-settings.ts";
import { functionEnvironment, functionNetwork } from "./function-environment.ts";
import { usesKeyrings } from "./identity.ts";
import { concurrency } from "./router.ts";
import type { RouterBase, RouterPermissions } from "./router-permissions.ts";
import { serviceDomainOf } from "./service-domain.ts";

export interface VpcRouter extends RouterBase {
  readonly permissions: RouterPermissions;
  readonly vpc: VpcSettings;
  /** Absent: HTTP only. */
  readonly certified: Certified | undefined;
}

/**
 * The data plane for the clients of one VPC: an internal load balancer, a function of its own that knows which VPC its requests come
 * from, and a private zone that leads service names to the load balancer.
 */
export function vpcRouter({ permissions, vpc, certified, ...base }: VpcRouter) {
  const { settings, table, identity, logs } = base;
  const name = `Vpc${vpc.id.slice("vpc-".length)}`;
  const account = vpc.account ?? aws.getCallerIdentityOutput().accountId;
  const handler = new sst.aws.Function(`${name}Router`, {
    handler: "packages/lambda/src/router-alb.handler",
    description: `Pergola: the data plane for clients in ${vpc.id}`,
    memory: `${settings.routerMemory} MB`,
    timeout: "11 minutes",
    ...concurrency(settings.routerConcurrency),
    ...functionNetwork(settings),
    environment: {
      ...functionEnvironment(settings, table),
      ...usesKeyrings(identity, { opens: ["session"] }).environment,
      ...settings.openTelemetry,
      PERGOLA_RECORD_QUEUE_URL: logs.queue.url,
      PERGOLA_SOURCE_VPC: $interpolate`${vpc.id}/${account}`,
    },
    permissions,
  });
  const targetGroup = lambdaTargetGroup(name, handler);
  const balancer = loadBalancer(name, vpc, certified !== undefined);
  listeners(name, balancer, targetGroup, certified);
  privateNames(name, vpc, balancer, serviceDomainOf(settings));
  return { handler, balancer };
}

function lambdaTargetGroup(name: string, handler: sst.aws.Function) {
  // Without multi-value headers, of repeated ones only the last would arrive.
  const group = new aws.lb.TargetGroup(`${name}Targets`, {
    targetType: "lambda",
    lambdaMultiValueHeadersEnabled: true,
  });
  const permission = new aws.lambda.Permission(`${name}Invoke`, {
    action: "lambda:InvokeFunction",
    function: handler.name,
    principal: "elasticloadbalancing.amazonaws.com",
    sourceArn: group.arn,
  });
  const attachment = { targetGroupArn: group.arn, targetId: handler.arn };
  new aws.lb.TargetGroupAttachment(`${name}Attachment`, attachment, { dependsOn: [permission] });
  return group;
}

function loadBalancer(name: string, { id, subnetIds, clientCidrs }: VpcSettings, hasTls: boolean) {
  const ports = hasTls ? [80, 443] : [80];
  const group = new aws.ec2.SecurityGroup(`${name}Clients`, {
    vpcId: id,
    description: "Pergola: clients of services",
    // The load balancer calls a function, through Lambda's own network: it opens no connection in the VPC.
    egress: [],
    ingress: ports.map((port) => ({ protocol: "tcp", fromPort: port, toPort: port, cidrBlocks: [...clientCidrs] })),
  });
  return new aws.lb.LoadBalancer(`${name}Balancer`, {
    internal: true,
    loadBalancerType: "application",
    subnets: [...subnetIds],
    securityGroups: [group.id],
    // As long as Lattice keeps a connection.
    idleTimeout: 600,
    // Requests that servers may read in two ways are refused before they are rewritten into an event.
    desyncMitigationMode: "strictest",
    xffHeaderProcessingMode: "append",
    enableDeletionProtection: $app.stage === "production",
  });
}

function listeners(
  name: string,
  balancer: aws.lb.LoadBalancer,
  { arn: targetGroupArn }: aws.lb.TargetGroup,
  certified: Certified | undefined,
): void {
  const common = { loadBalancerArn: balancer.arn, defaultActions: [{ type: "forward", targetGroupArn }] };
  new aws.lb.Listener(`${name}Http`, { ...common, port: 80, protocol: "HTTP" });
  if (certified === undefined) return;
  new aws.lb.Listener(`${name}Https`, {
    ...common,
    port: 443,
    protocol: "HTTPS",
    certificateArn: certified.regionalArn,
    sslPolicy: "ELBSecurityPolicy-TLS13-1-2-2021-06",
  });
}

/** A private zone that leads all service names to a load balancer, for one VPC. */
export function privateNames(
  name: string,
  { id }: Pick<VpcSettings, "id">,
  { dnsName, zoneId }: aws.lb.LoadBalancer,
  parent: string,
): void {
  const zone = new aws.route53.Zone(`${name}Zone`, { name: parent, vpcs: [{ vpcId: id }] });
  new aws.route53.Record(`${name}Wildcard`, {
    zoneId: zone.zoneId,
    name: `*.${parent}`,
    type: "A",
    aliases: [{ name: dnsName, zoneId, evaluateTargetHealth: false }],
  });
}
