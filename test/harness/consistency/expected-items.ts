import {
  type AccessLogSubscription,
  childAssociationId,
  type DomainVerification,
  type Key,
  type Listener,
  logDestinationKind,
  owners,
  parseLatticeArn,
  type ResourceBase,
  type ResourceConfiguration,
  type ResourceGateway,
  type Rule,
  type RuleAction,
  resourcePolicyKey,
  type Scope,
  type Service,
  type ServiceNetworkResourceAssociation,
  type ServiceNetworkServiceAssociation,
  type ServiceNetworkVpcAssociation,
  type TargetGroup,
} from "@pergola/core";
import type { ItemIndex } from "./store-items.ts";

/** An item that follows from the resources; what `value` has, the item has to have. */
export interface ExpectedItem {
  readonly key: Key;
  readonly value?: Readonly<Record<string, unknown>>;
  /** What it follows from. */
  readonly because: string;
}

type Expect = (because: { readonly id: string }, owner: string, id: string, value?: ExpectedItem["value"]) => void;

/** @returns every guard, pointer and copy that the resources of a store need */
export function expectedItems(index: ItemIndex): readonly ExpectedItem[] {
  const expected: ExpectedItem[] = [];
  const expect: Expect = ({ id: because }, owner, id, value) =>
    expected.push({ key: { owner, id }, because, ...(value === undefined ? {} : { value }) });
  names(index, expect);
  associations(index, expect);
  uses(index, expect);
  pointers(index, expect);
  children(index, expect);
  grants(index, expect);
  return expected;
}

const scopeOf = ({ account, region }: Scope): Scope => ({ account, region });

/** @returns account and region of the resource with this ARN */
function placeOf(arn: string): Scope {
  const parsed = parseLatticeArn(arn);
  if (parsed === undefined) throw new Error(`\`${arn}\` is no ARN of the API`);
  return scopeOf(parsed);
}

function names(index: ItemIndex, expect: Expect): void {
  const named: readonly (readonly [type: string, collection: string])[] = [
    ["Service", "services"],
    ["ServiceNetwork", "service-networks"],
    ["TargetGroup", "target-groups"],
    ["ResourceGateway", "resource-gateways"],
    ["ResourceConfiguration", "resource-configurations"],
  ];
  const claim = (type: string, one: ResourceBase, name: string, within = ""): void =>
    expect(one, owners.names(scopeOf(one), `${type}/${within}`), name, { id: one.id });
  for (const [type, collection] of named) {
    for (const one of index.collection<ResourceBase & { name: string }>(collection)) claim(type, one, one.name);
  }
  for (const one of index.collection<DomainVerification>("domain-verifications")) {
    claim("DomainVerification", one, one.domainName.toLowerCase());
  }
  for (const service of index.collection<Service>("services")) {
    for (const listener of index.list<Listener>(owners.listeners(service.id))) {
      claim("Listener", listener, listener.name, service.id);
      for (const rule of index.list<Rule>(owners.rules(listener.id))) {
        if (!rule.isDefault) claim("Rule", rule, rule.name, listener.id);
      }
    }
  }
}

function associations(index: ItemIndex, expect: Expect): void {
  const partner = (one: ResourceBase, kind: string, ...arns: readonly string[]): void => {
    const other = arns.map(placeOf).find(({ account }) => account !== one.account);
    if (other !== undefined) expect(one, owners.partnerAssociations(other, kind), one.id, { home: one.account });
  };
  for (const one of index.collection<ServiceNetworkServiceAssociation>("service-associations")) {
    const { id, serviceId, serviceNetworkId: network, customDomainName } = one;
    const place = placeOf(one.serviceNetworkArn);
    const pointer = { associationId: id, account: one.account, serviceNetworkId: network, serviceId };
    expect(one, owners.associationsOf(serviceId), id, pointer);
    expect(one, owners.associationsOf(network), id, pointer);
    expect(one, owners.names(place, `associated-services/${network}`), serviceId, { id });
    if (customDomainName !== undefined)
      expect(one, owners.names(place, `custom-domains/${network}`), customDomainName, { id });
    partner(one, "snsa", one.serviceNetworkArn, one.serviceArn);
  }
  for (const one of index.collection<ServiceNetworkVpcAssociation>("vpc-associations")) {
    const { id, vpcId, account } = one;
    expect(one, owners.associationsOf(one.serviceNetworkId), id, { associationId: id, account, vpcId });
    expect(one, owners.names(scopeOf(one), "vpc-association"), vpcId, { id });
    partner(one, "snva", one.serviceNetworkArn);
  }
  for (const one of index.collection<ServiceNetworkResourceAssociation>("resource-associations")) {
    partner(one, "snra", one.serviceNetworkArn, one.resourceConfigurationArn);
    const { id, resourceConfigurationId, serviceNetworkId } = one;
    // A child's comes and goes with its group's, which has these.
    if (one.groupAssociationId !== undefined) continue;
    expect(one, owners.associationsOf(resourceConfigurationId), id, { associationId: id, serviceNetworkId });
    const place = placeOf(one.serviceNetworkArn);
    expect(one, owners.names(place, `associated-resources/${serviceNetworkId}`), resourceConfigurationId, { id });
  }
}

/** A group's children are in every network that it is in. */
function children(index: ItemIndex, expect: Expect): void {
  for (const one of index.collection<ServiceNetworkResourceAssociation>("resource-associations")) {
    if (one.groupAssociationId !== undefined) continue;
    for (const child of index.list<{ id: string }>(owners.configurationsOf(one.resourceConfigurationId))) {
      const value = { groupAssociationId: one.id, resourceConfigurationId: child.id };
      expect(one, owners.resourceAssociations(scopeOf(one)), childAssociationId(one.id, child.id), value);
    }
  }
}

/** What is shared, by a policy or by a share that has it. */
function grants(index: ItemIndex, expect: Expect): void {
  const shareable = ["services", "service-networks", "resource-configurations"];
  for (const one of shareable.flatMap((collection) => index.collection<ResourceBase>(collection))) {
    if (index.get(resourcePolicyKey(one.id)) === undefined) continue;
    expect(one, owners.sharedResources(one.region), `${one.id}/policy`, { arn: one.arn });
  }
  for (const owner of index.owners.filter((name) => /^ram\/[^/]+\/\d{12}\/associations$/.test(name))) {
    for (const { shareId, type, arn = "", status } of index.list<ShareItem>(owner)) {
      if (type !== "RESOURCE" || status !== "ASSOCIATED") continue;
      const { id, region } = parseLatticeArn(arn) ?? { id: "", region: "" };
      expect({ id: shareId }, owners.sharedResources(region), `${id}/share/${shareId}`, { arn });
    }
  }
}

interface ShareItem {
  readonly shareId: string;
  readonly type: string;
  readonly arn?: string;
  readonly status: string;
}

function uses(index: ItemIndex, expect: Expect): void {
  for (const service of index.collection<Service>("services")) {
    for (const listener of index.list<Listener>(owners.listeners(service.id))) {
      for (const rule of index.list<Rule>(owners.rules(listener.id))) {
        const value = { serviceId: service.id, listenerId: listener.id };
        for (const group of groupsOf(rule.action)) expect(rule, owners.uses(group), rule.id, value);
      }
    }
  }
  for (const group of index.collection<TargetGroup>("target-groups")) {
    const { id, arn, type, config = {}, serviceId } = group;
    if (serviceId !== undefined) expect(group, owners.checkedGroups, id, { id, arn, type, config, serviceId });
  }
}

/** @returns the ids of the target groups that an action forwards to */
export function groupsOf(action: RuleAction): readonly string[] {
  if (!("forward" in action)) return [];
  const identifiers = action.forward.targetGroups.map(({ targetGroupIdentifier }) => targetGroupIdentifier);
  return [...new Set(identifiers.map((identifier) => parseLatticeArn(identifier)?.id ?? identifier))];
}

function pointers(index: ItemIndex, expect: Expect): void {
  for (const service of index.collection<Service>("services")) {
    const { id, customDomainName } = service;
    if (customDomainName !== undefined) expect(service, owners.domain(customDomainName), id, { id });
  }
  for (const one of index.collection<AccessLogSubscription>("log-subscriptions")) {
    const { id, resourceId, destinationArn, serviceNetworkLogType = "SERVICE" } = one;
    expect(one, owners.logSubscriptionsOf(resourceId), id, { ...one });
    const kind = logDestinationKind(destinationArn);
    expect(one, owners.names(scopeOf(one), `log-destinations/${resourceId}`), `${kind}/${serviceNetworkLogType}`, {
      id,
    });
  }
  for (const one of index.collection<ResourceConfiguration>("resource-configurations")) {
    const { resourceConfigurationGroupId: group, domainVerificationId: verification } = one;
    const value = { id: one.id, ...scopeOf(one) };
    expect(one, owners.configurationsOf(one.resourceGatewayId), one.id, value);
    if (group !== undefined) expect(one, owners.configurationsOf(group), one.id, value);
    else if (verification !== undefined) expect(one, owners.configurationsOf(verification), one.id, value);
  }
  for (const one of index.collection<DomainVerification>("domain-verifications")) {
    expect(one, owners.watchedDomains, one.id, { id: one.id, ...scopeOf(one) });
  }
  counts(index, expect);
}

function counts(index: ItemIndex, expect: Expect): void {
  const counted: Readonly<Record<string, (one: ResourceBase) => string>> = {
    services: () => "services",
    "service-networks": () => "serviceNetworks",
    "target-groups": () => "targetGroups",
    "resource-configurations": () => "resourceConfigurations",
    "domain-verifications": () => "domainVerifications",
    "resource-gateways": (one) => `resourceGateways/${(one as ResourceGateway).vpcId}`,
  };
  const totals = new Map<string, { one: ResourceBase; id: string; count: number }>();
  for (const [collection, nameOf] of Object.entries(counted)) {
    for (const one of index.collection<ResourceBase>(collection)) {
      const id = nameOf(one);
      const name = `${owners.counts(scopeOf(one))} ${id}`;
      totals.set(name, { one, id, count: (totals.get(name)?.count ?? 0) + 1 });
    }
  }
  for (const { one, id, count } of totals.values()) expect(one, owners.counts(scopeOf(one)), id, { count });
}
