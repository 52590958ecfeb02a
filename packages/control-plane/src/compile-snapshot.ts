import {
  type AccessLogSubscription,
  type ActionSnapshot,
  type AuthPolicy,
  authPolicyKey,
  isResourceId,
  type Listener,
  type ListenerSnapshot,
  type LogSubscriptionSnapshot,
  logDestinationKind,
  type NetworkSnapshot,
  owners,
  parseLatticeArn,
  type Rule,
  type RuleAction,
  type Scope,
  type Service,
  type ServiceNetwork,
  type ServiceNetworkServiceAssociation,
  type ServiceNetworkVpcAssociation,
  type ServiceSnapshot,
  type TargetGroup,
  type TargetGroupSnapshot,
} from "@pergola/core";
import { readAuthPolicy } from "@pergola/iam";
import type { ConfigReader } from "./transaction.ts";

/** @returns what the data plane needs of a service, or undefined when the service is gone */
export async function compileServiceSnapshot(
  config: ConfigReader,
  { id, ...scope }: Scope & { readonly id: string },
): Promise<ServiceSnapshot | undefined> {
  const service = await config.read<Service>({ owner: owners.services(scope), id });
  if (service === undefined) return undefined;
  const all = await config.all<Listener>(owners.listeners(id));
  const listeners = all.filter((listener) => listener.deleting !== true);
  const compiled = await Promise.all(listeners.map((listener) => compileListener(config, listener)));
  const policy = await config.read<AuthPolicy>(authPolicyKey(id));
  return {
    serviceId: id,
    arn: service.arn,
    account: service.account,
    region: service.region,
    name: service.name,
    domainName: service.dnsEntry.domainName,
    ...(service.customDomainName === undefined ? {} : { customDomainName: service.customDomainName }),
    ...(service.certificateArn === undefined ? {} : { certificateArn: service.certificateArn }),
    authType: service.authType,
    ...policyOf(service, policy),
    idleTimeoutSeconds: service.idleTimeoutSeconds,
    tags: service.tags,
    networkIds: await networksOf(config, id),
    listeners: compiled,
    targetGroups: await targetGroupsOf(config, scope, compiled),
    logSubscriptions: await logSubscriptionsOf(config, id),
  };
}

/** @returns what the data plane needs of a service network, or undefined when it is gone */
export async function compileNetworkSnapshot(
  config: ConfigReader,
  { id, ...scope }: Scope & { readonly id: string },
): Promise<NetworkSnapshot | undefined> {
  const network = await config.read<ServiceNetwork>({ owner: owners.serviceNetworks(scope), id });
  if (network === undefined) return undefined;
  const policy = await config.read<AuthPolicy>(authPolicyKey(id));
  const pointers = await config.all<AssociationPointer>(owners.associationsOf(id));
  const vpcs = pointers.filter((pointer) => pointer.vpcId !== undefined).sort(byTime);
  return {
    networkId: id,
    arn: network.arn,
    account: network.account,
    authType: network.authType,
    ...policyOf(network, policy),
    vpcs: vpcs.map(({ vpcId = "", account, associationId }) => ({ vpcId, account, associationId })),
    logSubscriptions: await logSubscriptionsOf(config, id),
    resourceLogSubscriptions: await logSubscriptionsOf(config, id, "RESOURCE"),
  };
}

function policyOf(
  { authType }: Service | ServiceNetwork,
  policy: AuthPolicy | undefined,
): Pick<ServiceSnapshot, "authPolicy" | "authStatements"> {
  if (policy === undefined) return {};
  const read = authType === "AWS_IAM" ? readAuthPolicy(policy.policy) : undefined;
  return { authPolicy: policy.policy, ...(read === undefined ? {} : { authStatements: read }) };
}

/** What `owners.associationsOf` holds for each association of a service or a network: enough for the snapshots. */
export interface AssociationPointer extends Scope {
  readonly associationId: string;
  readonly createdAt: string;
  /** The network that a service is associated with (on the service's side). */
  readonly serviceNetworkId?: string;
  /** The service that a network is associated with (on the network's side). */
  readonly serviceId?: string;
  /** The VPC that a network is associated with (on the network's side). */
  readonly vpcId?: string;
}

/** @returns the pointer to a service association, for both sides */
export function serviceAssociationPointer(association: ServiceNetworkServiceAssociation): AssociationPointer {
  const { id, account, region, createdAt, serviceNetworkId, serviceId } = association;
  return { associationId: id, account, region, createdAt, serviceNetworkId, serviceId };
}

/** @returns the pointer to a VPC association, for the network's side */
export function vpcAssociationPointer(association: ServiceNetworkVpcAssociation): AssociationPointer {
  const { id, account, region, createdAt, serviceNetworkId, vpcId } = association;
  return { associationId: id, account, region, createdAt, serviceNetworkId, vpcId };
}

/** Sorts in the order of association. */
export function byTime(a: AssociationPointer, b: AssociationPointer): number {
  const [left, right] = [`${a.createdAt}${a.associationId}`, `${b.createdAt}${b.associationId}`];
  return left < right ? -1 : 1;
}

async function networksOf(config: ConfigReader, serviceId: string): Promise<string[]> {
  const pointers = await config.all<AssociationPointer>(owners.associationsOf(serviceId));
  return [...pointers].sort(byTime).map(({ serviceNetworkId = "" }) => serviceNetworkId);
}

async function compileListener(config: ConfigReader, listener: Listener): Promise<ListenerSnapshot> {
  const rules = await config.all<Rule>(owners.rules(listener.id));
  const compiled = rules.flatMap(({ id, priority, match, action }) =>
    priority === undefined || match === undefined ? [] : [{ id, priority, match, action: compileAction(action) }],
  );
  return {
    id: listener.id,
    port: listener.port,
    protocol: listener.protocol,
    rules: compiled.sort((a, b) => a.priority - b.priority),
    defaultAction: compileAction(listener.defaultAction),
  };
}

function compileAction(action: RuleAction): ActionSnapshot {
  if ("fixedResponse" in action) return { kind: "fixed-response", statusCode: action.fixedResponse.statusCode };
  const targetGroups = action.forward.targetGroups.map(({ targetGroupIdentifier, weight }) => ({
    id: targetGroupIdOf(targetGroupIdentifier),
    weight,
  }));
  return { kind: "forward", targetGroups };
}

/** @returns the id in an identifier that may be an ARN */
export function targetGroupIdOf(identifier: string): string {
  return parseLatticeArn(identifier)?.id ?? identifier;
}

async function targetGroupsOf(
  config: ConfigReader,
  scope: Scope,
  listeners: readonly ListenerSnapshot[],
): Promise<Record<string, TargetGroupSnapshot>> {
  const actions = listeners.flatMap((listener) => [
    listener.defaultAction,
    ...listener.rules.map((rule) => rule.action),
  ]);
  const ids = new Set(
    actions.flatMap((action) => (action.kind === "forward" ? action.targetGroups.map(({ id }) => id) : [])),
  );
  const groups: Record<string, TargetGroupSnapshot> = {};
  for (const id of ids) {
    const group = await config.read<TargetGroup>({ owner: owners.targetGroups(scope), id });
    if (group !== undefined) groups[id] = targetGroupSnapshot(group);
  }
  return groups;
}

/** @returns what the data plane and health checks need of a target group */
export function targetGroupSnapshot({ id, arn, type, config = {} }: TargetGroup): TargetGroupSnapshot {
  return { id, arn, type, config };
}

/** @param logType RESOURCE for connections to resources, SERVICE for requests to services */
export async function logSubscriptionsOf(
  config: ConfigReader,
  resourceId: string,
  logType: "SERVICE" | "RESOURCE" = "SERVICE",
): Promise<LogSubscriptionSnapshot[]> {
  const subscriptions = await config.all<AccessLogSubscription>(owners.logSubscriptionsOf(resourceId));
  return subscriptions.flatMap(({ id, destinationArn, account, region, serviceNetworkLogType }) => {
    const destinationKind = logDestinationKind(destinationArn);
    const type = serviceNetworkLogType ?? (isResourceId("rcfg", resourceId) ? "RESOURCE" : "SERVICE");
    if (destinationKind === undefined || type !== logType) return [];
    const subscription = { id, destinationKind, destinationArn, resourceId, account, region };
    return [type === "RESOURCE" ? { ...subscription, logType: type } : subscription];
  });
}
