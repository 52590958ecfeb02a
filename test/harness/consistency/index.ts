import { isDeepStrictEqual } from "node:util";
import { compileNetworkSnapshot, compileResourceSnapshot, compileServiceSnapshot } from "@pergola/control-plane";
import {
  authPolicyKey,
  type Key,
  type Listener,
  owners,
  type ResourceBase,
  type ResourceConfiguration,
  type Rule,
  type Service,
  type ServiceNetwork,
  type TargetGroup,
} from "@pergola/core";
import { expectedItems } from "./expected-items.ts";
import { type ItemIndex, indexItems, type StoreItem, scopeOf } from "./store-items.ts";

/** Owners whose items follow from resources: every one of them has to be expected. */
const derived =
  /^(?:\d{12}\/[^/]+\/(?:names\/.+|counts|partner-\w+)|[^/]+\/(?:uses|associations|resource-configurations|log-subscriptions)|domain\/.+|domain-verifications|shared-resources\/.+|snapshots\/.+)$/;
/** What belongs to a resource and goes with it. */
const belonging =
  /^((?:svc|sn|tg|rcfg|listener)-[0-9a-z]{17})\/(?:listeners|rules|targets|auth-policy|resource-policy|endpoint-associations)$/;
/** Resources, and what nobody else's items follow from. */
const free =
  /^(?:\d{12}\/[^/]+\/(?:services|service-networks|target-groups|service-associations|vpc-associations|log-subscriptions|resource-gateways|resource-configurations|resource-associations|domain-verifications|certificates|tokens|history)|tg-[0-9a-z]{17}\/health|identities\/.+|ram\/.+|exchange\/.+|domain-verification|health-checks)$/;

/**
 * Checks that a store is whole: every guard, pointer and copy has its resource and every resource has its own, parents are there, and
 * every snapshot is what compiling it anew gives. Any store will do whose items can be listed.
 * @param items all that the store holds
 * @returns what is wrong, one sentence each
 */
export async function inconsistencies(items: readonly StoreItem[]): Promise<readonly string[]> {
  const index = indexItems(items);
  return [
    ...unexplained(index),
    ...parentless(index),
    ...wrongRules(index),
    ...wrongUses(index),
    ...(await wrongDerived(index)),
  ];
}

const nameOf = ({ owner, id }: Key): string => `${owner} ${id}`;

function unexplained({ owners: all }: ItemIndex): string[] {
  const known = (owner: string): boolean => derived.test(owner) || belonging.test(owner) || free.test(owner);
  return all.filter((owner) => !known(owner)).map((owner) => `nothing is known of items of ${owner}`);
}

async function wrongDerived(index: ItemIndex): Promise<string[]> {
  const expected = [...expectedItems(index), ...(await snapshots(index))];
  const wrong: string[] = [];
  for (const { key, value, because } of expected) {
    const found = index.get<Record<string, unknown>>(key);
    if (found === undefined) wrong.push(`${because} has no ${nameOf(key)}`);
    else if (!has(found, value)) {
      wrong.push(`${nameOf(key)} is ${JSON.stringify(found)}, and ${because} asks for ${JSON.stringify(value)}`);
    }
  }
  const names = new Set(expected.map(({ key }) => nameOf(key)));
  for (const owner of index.owners.filter((one) => derived.test(one))) {
    for (const id of index.idsOf(owner)) {
      const isZero = owner.endsWith("/counts") && index.get<{ count: number }>({ owner, id })?.count === 0;
      if (!names.has(nameOf({ owner, id })) && !isZero) wrong.push(`${nameOf({ owner, id })} has no resource`);
    }
  }
  return wrong;
}

function has(found: Readonly<Record<string, unknown>>, value: Readonly<Record<string, unknown>> = {}): boolean {
  const plain = JSON.parse(JSON.stringify(value)) as Record<string, unknown>;
  return Object.entries(plain).every(([name, wanted]) => isDeepStrictEqual(found[name], wanted));
}

/** Snapshots have no member more than a fresh one either, and so are compared whole. */
async function snapshots(index: ItemIndex): Promise<{ key: Key; value: Record<string, unknown>; because: string }[]> {
  const compiled: { key: Key; value: Record<string, unknown>; because: string }[] = [];
  const add = (owner: string, id: string, snapshot: object | undefined): void => {
    if (snapshot === undefined) return;
    const stored = index.get<Record<string, unknown>>({ owner, id }) ?? {};
    const extra = Object.fromEntries(Object.keys(stored).map((name) => [name, "not in a fresh one"]));
    compiled.push({ key: { owner, id }, value: { ...extra, ...snapshot }, because: id });
  };
  for (const one of index.collection<Service>("services")) {
    add(owners.serviceSnapshots, one.id, await compileServiceSnapshot(index, one));
  }
  for (const one of index.collection<ServiceNetwork>("service-networks")) {
    add(owners.networkSnapshots, one.id, await compileNetworkSnapshot(index, one));
  }
  for (const one of index.collection<ResourceConfiguration>("resource-configurations")) {
    add(owners.resourceSnapshots, one.id, await compileResourceSnapshot(index, one));
  }
  return compiled;
}

function parentless(index: ItemIndex): string[] {
  const collections = ["services", "service-networks", "target-groups", "resource-configurations"];
  const resources = collections.flatMap((name) => index.collection<ResourceBase>(name));
  const listeners = index
    .collection<Service>("services")
    .flatMap(({ id }) => index.list<Listener>(owners.listeners(id)));
  const parents = new Set([...resources, ...listeners].map(({ id }) => id));
  const wrong: string[] = [];
  for (const owner of index.owners) {
    const parent = belonging.exec(owner)?.[1];
    if (parent !== undefined && !parents.has(parent)) wrong.push(`items of ${owner} have no parent`);
    if (scopeOf(owner)?.collection === undefined) continue;
    for (const id of index.idsOf(owner)) wrong.push(...misplaced(index, { owner, id }));
  }
  for (const { id } of resources) {
    const policy = index.get<{ resourceId: string }>(authPolicyKey(id));
    if (policy !== undefined && policy.resourceId !== id)
      wrong.push(`${id} has the auth policy of ${policy.resourceId}`);
  }
  return wrong;
}

/** A resource lies where its own account, region and id say. */
function misplaced(index: ItemIndex, key: Key): string[] {
  const { account, region, collection = "" } = scopeOf(key.owner) ?? {};
  const value = index.get<Partial<ResourceBase>>(key);
  if (value?.arn === undefined || value.account === undefined || collection.startsWith("partner-")) return [];
  const isRight = value.account === account && value.region === region && value.id === key.id;
  return isRight || collection === "certificates" ? [] : [`${nameOf(key)} holds ${value.arn}`];
}

function wrongRules(index: ItemIndex): string[] {
  const wrong: string[] = [];
  for (const service of index.collection<Service>("services")) {
    const listeners = index.list<Listener>(owners.listeners(service.id));
    if (new Set(listeners.map(({ port }) => port)).size < listeners.length)
      wrong.push(`${service.id} has a port twice`);
    for (const { id, defaultRuleId, defaultAction } of listeners) {
      const rules = index.list<Rule>(owners.rules(id));
      const standing = rules.filter(({ isDefault }) => isDefault);
      const isRight = standing.length === 1 && standing[0]?.id === defaultRuleId;
      if (!isRight) wrong.push(`${id} has ${standing.length} default rules`);
      if (!isDeepStrictEqual(standing[0]?.action, defaultAction)) wrong.push(`${id} and its default rule differ`);
      const priorities = rules.flatMap(({ priority }) => priority ?? []);
      if (new Set(priorities).size < priorities.length) wrong.push(`${id} has a priority twice`);
    }
  }
  return wrong;
}

function wrongUses(index: ItemIndex): string[] {
  const wrong: string[] = [];
  for (const { id, serviceId } of index.collection<TargetGroup>("target-groups")) {
    const users = new Set(index.list<{ serviceId: string }>(owners.uses(id)).map((use) => use.serviceId));
    const expected = serviceId === undefined ? [] : [serviceId];
    if (!isDeepStrictEqual([...users], expected)) wrong.push(`${id} is of ${serviceId}, and used by ${[...users]}`);
  }
  for (const network of index.collection<ServiceNetwork>("service-networks")) {
    const pointers = index.list<{ vpcId?: string; serviceId?: string }>(owners.associationsOf(network.id));
    const vpcs = pointers.filter(({ vpcId }) => vpcId !== undefined).length;
    const services = pointers.filter(({ serviceId }) => serviceId !== undefined).length;
    if (vpcs !== network.vpcCount || services !== network.serviceCount) wrong.push(`${network.id} counts wrongly`);
  }
  return wrong;
}
