import {
  type AccessLogSubscription,
  type Key,
  owners,
  parseLatticeArn,
  type ResourceConfiguration,
  type ResourceEntry,
  type ResourceGateway,
  type ResourceSnapshot,
  type Scope,
  type ServiceNetworkResourceAssociation,
} from "@pergola/core";
import { type AssociationPointer, byTime, logSubscriptionsOf } from "./compile-snapshot.ts";
import type { ConfigurationPointer } from "./resource-configurations/configuration-keys.ts";
import type { ConfigReader } from "./transaction.ts";

type Located = Scope & { readonly id: string };

/**
 * @param changes items that are written or deleted, the latter with what they were
 * @returns the resource configurations, groups in place of their children, whose snapshots follow from one of the items
 */
export async function writtenResources(
  config: ConfigReader,
  changes: readonly { readonly key: Key; readonly value: unknown }[],
): Promise<readonly Located[]> {
  const found = new Map<string, Located>();
  for (const { key, value } of changes) {
    const located = await resourceOf(config, key, value);
    if (located !== undefined) found.set(located.id, located);
  }
  return [...found.values()];
}

async function resourceOf(config: ConfigReader, { owner, id }: Key, value: unknown): Promise<Located | undefined> {
  const [, account = "", region = "", list] = /^(\d{12})\/([^/]+)\/(resource-\w+)$/.exec(owner) ?? [];
  if (list === "resource-configurations") {
    const { resourceConfigurationGroupId: groupId } = (value ?? {}) as Partial<ResourceConfiguration>;
    return { account, region, id: groupId ?? id };
  }
  if (list === "resource-associations") {
    const { resourceConfigurationArn: arn = "", groupAssociationId } = (value ??
      {}) as Partial<ServiceNetworkResourceAssociation>;
    // Whoever writes a child's association writes the child or its group's association too.
    return groupAssociationId === undefined ? parseLatticeArn(arn) : undefined;
  }
  if (!/^rcfg-[0-9a-z]{17}\/log-subscriptions$/.test(owner)) return undefined;
  const { resourceId, ...scope } = value as AccessLogSubscription;
  const key = { owner: owners.resourceConfigurations(scope), id: resourceId };
  const logged = await config.read<ResourceConfiguration>(key);
  return logged && { ...logged, id: logged.resourceConfigurationGroupId ?? logged.id };
}

/** @returns what the data plane needs of a resource configuration, or undefined when no network has it */
export async function compileResourceSnapshot(
  config: ConfigReader,
  { id, account, region }: Located,
): Promise<ResourceSnapshot | undefined> {
  const scope = { account, region };
  const configuration = await config.read<ResourceConfiguration>({ owner: owners.resourceConfigurations(scope), id });
  if (configuration === undefined) return undefined;
  const pointers = await config.all<AssociationPointer>(owners.associationsOf(id));
  if (pointers.length === 0) return undefined;
  const { resourceGatewayId, type } = configuration;
  const gateway = await config.read<ResourceGateway>({ owner: owners.resourceGateways(scope), id: resourceGatewayId });
  const resources = type === "GROUP" ? await childrenOf(config, id) : [configuration];
  return {
    configurationId: id,
    ...scope,
    gateway: { id: resourceGatewayId, vpcId: gateway?.vpcId ?? "" },
    associations: [...pointers].sort(byTime).map(({ associationId, serviceNetworkId = "", account }) => ({
      associationId,
      networkId: serviceNetworkId,
      account,
    })),
    resources: (await Promise.all(resources.map((resource) => entryOf(config, resource)))).flat(),
  };
}

async function childrenOf(config: ConfigReader, groupId: string): Promise<ResourceConfiguration[]> {
  const children: ResourceConfiguration[] = [];
  for (const { id, account, region } of await config.all<ConfigurationPointer>(owners.configurationsOf(groupId))) {
    const owner = owners.resourceConfigurations({ account, region });
    const child = await config.read<ResourceConfiguration>({ owner, id });
    if (child !== undefined) children.push(child);
  }
  return children;
}

async function entryOf(config: ConfigReader, resource: ResourceConfiguration): Promise<ResourceEntry[]> {
  const { id, arn, name, type, portRanges = [], resourceConfigurationDefinition: definition } = resource;
  if (definition === undefined) return [];
  const logSubscriptions = await logSubscriptionsOf(config, id, "RESOURCE");
  return [{ configurationId: id, arn, name, isChild: type === "CHILD", definition, portRanges, logSubscriptions }];
}
