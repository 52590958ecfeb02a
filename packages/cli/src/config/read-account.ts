import type { Api } from "../api/api.ts";
import { type Account, type AccountReader, type Answer, accountReader, type Reference } from "./account.ts";
import type { Json } from "./document.ts";
import { type Item, pathOf } from "./item.ts";
import { withReferences } from "./policy-references.ts";
import { readServiceNetworks } from "./read-networks.ts";
import { readServices } from "./read-services.ts";
import { readShared } from "./read-shared.ts";
import { mapBounded } from "./run-bounded.ts";
import { defaultTargetPort, targetItem } from "./target-group-items.ts";

/** An item of the account and where it is; a policy has no place of its own. */
export interface Found {
  readonly item: Item;
  readonly reference?: Reference;
}

/** Names of what was read before, by id. */
export type NameOf = (id: string) => string | undefined;

/**
 * Reads a whole account in the connection's region.
 * @throws CliFailure when a read fails; nothing is left out
 */
export async function readAccount(api: Api): Promise<Account> {
  const reader = accountReader(api);
  const names = new Map<string, string>();
  const nameOf: NameOf = (id) => names.get(id);
  const learn = (found: readonly Found[]): readonly Found[] => {
    for (const { item, reference } of found) if (reference !== undefined) names.set(reference.id, item.name);
    return found;
  };
  const verifications = learn(await readDomainVerifications(reader));
  const groups = learn(await readTargetGroups(reader, api));
  const gateways = learn(await readResourceGateways(reader));
  const configurations = learn(await readResourceConfigurations(reader, nameOf));
  const services = learn(await readServices(reader, nameOf));
  const networks = learn(await readServiceNetworks(reader));
  const found = [...verifications, ...groups, ...gateways, ...configurations, ...services, ...networks];
  const references = new Map(
    found.flatMap(({ item, reference }) => (reference === undefined ? [] : [[item.path, reference] as const])),
  );
  const paths = new Map([...references].map(([path, { arn }]) => [arn, path]));
  return { items: found.map(({ item }) => withNamedResources(item, paths)), references };
}

/** Only now is everything known that a policy can name. */
function withNamedResources(item: Item, paths: ReadonlyMap<string, string>): Item {
  if (item.kind !== "auth-policy" && item.kind !== "resource-policy") return item;
  const policy = withReferences(item.settable.policy as Json, (arn) => paths.get(arn));
  return { ...item, settable: { policy } };
}

async function readDomainVerifications(reader: AccountReader): Promise<readonly Found[]> {
  return mapBounded(await reader.list("/domainverifications"), async (answer) => {
    const name = String(answer.domainName);
    const path = pathOf("domainVerifications", name);
    const tags = await reader.tags(answer.arn);
    return { item: { kind: "domain-verification", path, name, fixed: {}, settable: {}, tags }, reference: answer };
  });
}

async function readTargetGroups(reader: AccountReader, api: Api): Promise<readonly Found[]> {
  const found = await mapBounded(await reader.list("/targetgroups"), async ({ id, arn }) => {
    const { name, type, config = {} } = await reader.get(`/targetgroups/${id}`);
    const { healthCheck = {}, ...fixed } = config as Json;
    const path = pathOf("targetGroups", name);
    const tags = await reader.tags(arn);
    const item: Item = { kind: "target-group", path, name, fixed: { type, ...fixed }, settable: { healthCheck }, tags };
    const port = defaultTargetPort(String(type), fixed);
    const targets = (await readTargets(api, id)).map((target) => ({ item: targetItem(path, target, port) }));
    return [{ item, reference: { id, arn } }, ...targets];
  });
  return found.flat();
}

/** A target as ListTargets shows it. */
export interface TargetAnswer {
  readonly id: string;
  readonly port?: number;
  readonly status?: string;
  readonly reasonCode?: string;
}

/** @returns the targets of a group that are not on their way out */
async function readTargets(api: Api, groupId: string): Promise<readonly TargetAnswer[]> {
  return (await listTargets(api, groupId)).filter(({ status }) => status !== "DRAINING");
}

/** @returns all targets of a group, page by page */
export async function listTargets(api: Api, groupId: string): Promise<readonly TargetAnswer[]> {
  const targets: TargetAnswer[] = [];
  for (let token: string | undefined; ; ) {
    const query = token === undefined ? "" : `?${new URLSearchParams({ nextToken: token })}`;
    const answer = await api.call("POST", `/targetgroups/${groupId}/listtargets${query}`, {});
    const { items, nextToken } = answer as { readonly items: readonly TargetAnswer[]; readonly nextToken?: string };
    targets.push(...items);
    if (nextToken === undefined) return targets;
    token = nextToken;
  }
}

async function readResourceGateways(reader: AccountReader): Promise<readonly Found[]> {
  return mapBounded(await reader.list("/resourcegateways"), async ({ id, arn }) => {
    const answer = await reader.get(`/resourcegateways/${id}`);
    const { name, vpcId, subnetIds, securityGroupIds, ipAddressType, ipv4AddressesPerEni } = answer;
    const { resourceConfigDnsResolution } = answer;
    const path = pathOf("resourceGateways", name);
    const fixed = { vpc: vpcId, subnetIds, ipAddressType, ipv4AddressesPerEni, resourceConfigDnsResolution };
    const settable = { securityGroupIds: securityGroupIds ?? [] };
    const item: Item = { kind: "resource-gateway", path, name, fixed, settable, tags: await reader.tags(arn) };
    return { item, reference: { id, arn } };
  });
}

async function readResourceConfigurations(reader: AccountReader, nameOf: NameOf): Promise<readonly Found[]> {
  const listed = await reader.list("/resourceconfigurations");
  const names = new Map(listed.map(({ id, name }) => [id, name]));
  const found = await mapBounded(listed, async ({ id, arn }) => {
    const answer = await reader.get(`/resourceconfigurations/${id}`);
    const { name } = answer;
    const path = pathOf("resourceConfigurations", name);
    const item: Item = {
      kind: "resource-configuration",
      path,
      name,
      fixed: configurationMembers(answer, (other) => names.get(other) ?? nameOf(other)),
      settable: {
        portRanges: listOrNone(answer.portRanges),
        definition: answer.resourceConfigurationDefinition,
        allowAssociationToShareableServiceNetwork: answer.allowAssociationToShareableServiceNetwork,
      },
      tags: await reader.tags(arn),
    };
    const shared = await readShared(reader, path, { id, arn }, false);
    return [{ item, reference: { id, arn } }, ...shared];
  });
  return found.flat();
}

function listOrNone(value: unknown): unknown {
  return Array.isArray(value) && value.length === 0 ? undefined : value;
}

/** A child has its group's gateway and verification. */
function configurationMembers(answer: Answer, nameOf: NameOf): Json {
  const { type, protocol, customDomainName, groupDomain, domainVerificationId } = answer;
  const named = (id: unknown): string | undefined => (typeof id === "string" ? (nameOf(id) ?? id) : undefined);
  const group = named(answer.resourceConfigurationGroupId);
  const inherited = { gateway: named(answer.resourceGatewayId), domainVerification: named(domainVerificationId) };
  return { type, ...(group === undefined ? inherited : { group }), protocol, customDomainName, groupDomain };
}
