import type { Reference } from "./account.ts";
import type { ActionEntry, Json } from "./document.ts";
import type { Item, ItemKind } from "./item.ts";
import { withArns } from "./policy-references.ts";
import { isIdentifier } from "./service-items.ts";

/** One request of the API. */
export interface ApiCall {
  readonly method: string;
  readonly path: string;
  readonly body?: Json;
}

/** @returns where an item is; @throws when it is not there */
export type Resolve = (path: string) => Reference;

/** How an item of a kind is made, changed and deleted. */
interface KindCalls {
  create(item: Item, resolve: Resolve): ApiCall;
  /** @param members that differ, without tags */
  update?(item: Item, members: readonly string[], resolve: Resolve): ApiCall;
  remove(item: Item, resolve: Resolve): ApiCall;
}

const parentOf = ({ parent = "" }: Item, resolve: Resolve): Reference => resolve(parent);
const own = ({ path }: Item, resolve: Resolve): Reference => resolve(path);

/** Calls of a collection whose items stand for themselves: `POST /c`, `PATCH /c/{id}`, `DELETE /c/{id}`. */
function collection(
  path: string,
  body: (item: Item, resolve: Resolve) => Json,
  settable: (item: Item, members: readonly string[]) => Json = ({ settable: all }, members) => picked(all, members),
): KindCalls {
  return {
    create: (item, resolve) => ({ method: "POST", path, body: withTags(item, body(item, resolve)) }),
    update: (item, members, resolve) => {
      return { method: "PATCH", path: `${path}/${own(item, resolve).id}`, body: settable(item, members) };
    },
    remove: (item, resolve) => ({ method: "DELETE", path: `${path}/${own(item, resolve).id}` }),
  };
}

function withTags({ tags = {} }: Item, body: Json): Json {
  return Object.keys(tags).length === 0 ? body : { ...body, tags };
}

function picked(all: Json, members: readonly string[]): Json {
  return Object.fromEntries(members.map((name) => [name, all[name]]));
}

/** @returns the id of what an item names, or the identifier itself where the file has one */
function named(collectionName: string, name: unknown, resolve: Resolve): string | undefined {
  if (typeof name !== "string") return undefined;
  return isIdentifier(name) ? name : resolve(`${collectionName}/${name}`).id;
}

function actionBody(action: ActionEntry, resolve: Resolve): Json {
  if (!("forward" in action)) return { fixedResponse: { statusCode: action.fixedResponse } };
  const targetGroups = action.forward.map(({ targetGroup, weight }) => ({
    targetGroupIdentifier: named("targetGroups", targetGroup, resolve),
    weight,
  }));
  return { forward: { targetGroups } };
}

const listeners: KindCalls = {
  create: (item, resolve) => {
    const defaultAction = actionBody(item.settable.defaultAction as ActionEntry, resolve);
    const body = withTags(item, { name: item.name, ...item.fixed, defaultAction });
    return { method: "POST", path: `/services/${parentOf(item, resolve).id}/listeners`, body };
  },
  update: (item, _members, resolve) => {
    const defaultAction = actionBody(item.settable.defaultAction as ActionEntry, resolve);
    return { method: "PATCH", path: listenerPath(item, resolve), body: { defaultAction } };
  },
  remove: (item, resolve) => ({ method: "DELETE", path: listenerPath(item, resolve) }),
};

function listenerPath(item: Item, resolve: Resolve): string {
  return `/services/${parentOf(item, resolve).id}/listeners/${own(item, resolve).id}`;
}

function rulesPath({ parent = "" }: Item, resolve: Resolve): string {
  const service = resolve(parent.split("/").slice(0, 2).join("/"));
  return `/services/${service.id}/listeners/${resolve(parent).id}/rules`;
}

function ruleBody({ settable }: Item, members: readonly string[], resolve: Resolve): Json {
  const { priority, match, action } = settable as { priority: number; match: Json; action: ActionEntry };
  return picked({ priority, match: { httpMatch: match }, action: actionBody(action, resolve) }, members);
}

const rules: KindCalls = {
  create: (item, resolve) => {
    const body = { name: item.name, ...ruleBody(item, ["priority", "match", "action"], resolve) };
    return { method: "POST", path: rulesPath(item, resolve), body: withTags(item, body) };
  },
  update: (item, members, resolve) => {
    const path = `${rulesPath(item, resolve)}/${own(item, resolve).id}`;
    return { method: "PATCH", path, body: ruleBody(item, members, resolve) };
  },
  remove: (item, resolve) => ({ method: "DELETE", path: `${rulesPath(item, resolve)}/${own(item, resolve).id}` }),
};

const targets: KindCalls = {
  create: (item, resolve) => targetCall("registertargets", item, resolve),
  remove: (item, resolve) => targetCall("deregistertargets", item, resolve),
};

function targetCall(verb: string, item: Item, resolve: Resolve): ApiCall {
  return {
    method: "POST",
    path: `/targetgroups/${parentOf(item, resolve).id}/${verb}`,
    body: { targets: [item.fixed] },
  };
}

function policies(pathOf: (parent: Reference) => string): KindCalls {
  const put: KindCalls["create"] = (item, resolve) => {
    const policy = JSON.stringify(withArns(item.settable.policy as Json, (path) => resolve(path).arn));
    return { method: "PUT", path: pathOf(parentOf(item, resolve)), body: { policy } };
  };
  return {
    create: put,
    update: (item, _members, resolve) => put(item, resolve),
    remove: (item, resolve) => ({ method: "DELETE", path: pathOf(parentOf(item, resolve)) }),
  };
}

function gatewayBody({ name, fixed, settable }: Item): Json {
  const { vpc, ...members } = fixed;
  return { name, vpcIdentifier: vpc, ...members, ...settable };
}

function configurationBody({ name, fixed, settable }: Item, resolve: Resolve): Json {
  const { gateway, group, domainVerification, ...members } = fixed;
  const { definition, ...rest } = settable;
  return {
    name,
    ...members,
    ...rest,
    resourceConfigurationDefinition: definition,
    resourceGatewayIdentifier: named("resourceGateways", gateway, resolve),
    resourceConfigurationGroupIdentifier: named("resourceConfigurations", group, resolve),
    domainVerificationIdentifier: named("domainVerifications", domainVerification, resolve),
  };
}

function changedConfiguration({ settable }: Item, members: readonly string[]): Json {
  const { definition, ...rest } = picked(settable, members);
  return definition === undefined ? rest : { ...rest, resourceConfigurationDefinition: definition };
}

/** How each kind is made, changed and deleted through the API of VPC Lattice. */
export const apiCalls: Readonly<Record<ItemKind, KindCalls>> = {
  "domain-verification": collection("/domainverifications", ({ name }) => ({ domainName: name })),
  "target-group": collection("/targetgroups", ({ name, fixed: { type, ...config }, settable: { healthCheck } }) => {
    const check = Object.keys((healthCheck ?? {}) as Json).length === 0 ? {} : { healthCheck };
    const members = { ...config, ...check };
    return { name, type, ...(Object.keys(members).length === 0 ? {} : { config: members }) };
  }),
  target: targets,
  "resource-gateway": collection("/resourcegateways", gatewayBody),
  "resource-configuration": collection("/resourceconfigurations", configurationBody, changedConfiguration),
  service: collection("/services", ({ name, fixed, settable: { certificateArn, ...settable } }) => {
    return { name, ...fixed, ...settable, ...(certificateArn === "" ? {} : { certificateArn }) };
  }),
  "service-network": collection("/servicenetworks", ({ name, fixed, settable }) => {
    return { name, ...settable, sharingConfig: { enabled: fixed.sharing } };
  }),
  "auth-policy": policies(({ id }) => `/authpolicy/${id}`),
  "resource-policy": policies(({ arn }) => `/resourcepolicy/${encodeURIComponent(arn)}`),
  listener: listeners,
  rule: rules,
  "service-association": collection("/servicenetworkserviceassociations", (item, resolve) => ({
    serviceNetworkIdentifier: parentOf(item, resolve).id,
    serviceIdentifier: named("services", item.name, resolve),
  })),
  "vpc-association": collection("/servicenetworkvpcassociations", (item, resolve) => ({
    serviceNetworkIdentifier: parentOf(item, resolve).id,
    vpcIdentifier: item.name,
    ...item.fixed,
    ...item.settable,
  })),
  "resource-association": collection("/servicenetworkresourceassociations", (item, resolve) => ({
    serviceNetworkIdentifier: parentOf(item, resolve).id,
    resourceConfigurationIdentifier: named("resourceConfigurations", item.name, resolve),
    ...item.fixed,
  })),
  "log-subscription": collection(
    "/accesslogsubscriptions",
    (item, resolve) => ({
      resourceIdentifier: parentOf(item, resolve).id,
      destinationArn: item.settable.destination,
      ...(item.fixed.type === undefined ? {} : { serviceNetworkLogType: item.fixed.type }),
    }),
    ({ settable }) => ({ destinationArn: settable.destination }),
  ),
};
