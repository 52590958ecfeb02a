import { logDestinationKind } from "@pergola/core";
import { canonicalAction, canonicalMatch, canonicalPolicy } from "./canonical.ts";
import type {
  ActionEntry,
  ConfigurationDocument,
  Json,
  ListenerEntry,
  ServiceEntry,
  ServiceNetworkEntry,
  SharedEntry,
  TargetGroupEntry,
} from "./document.ts";
import { type Item, pathOf } from "./item.ts";
import { referencesIn } from "./policy-references.ts";

/**
 * @returns everything that a file says, each resource by itself, defaults filled in
 * @throws RangeError that names an entry that cannot be
 */
export function itemsOfDocument(document: ConfigurationDocument): readonly Item[] {
  const items = [
    ...entries(document.domainVerifications).map(([name, { tags = {} }]): Item => {
      return {
        kind: "domain-verification",
        path: pathOf("domainVerifications", name),
        name,
        fixed: {},
        settable: {},
        tags,
      };
    }),
    ...entries(document.targetGroups).flatMap(targetGroupItems),
    ...entries(document.resourceGateways).map(resourceGatewayItem),
    ...entries(document.resourceConfigurations).flatMap(resourceConfigurationItems),
    ...entries(document.services).flatMap(serviceItems),
    ...entries(document.serviceNetworks).flatMap(serviceNetworkItems),
  ];
  requireUnique(items);
  return items;
}

function entries<T>(map: Readonly<Record<string, T>> | undefined): [string, T][] {
  return Object.entries(map ?? {});
}

function requireUnique(items: readonly Item[]): void {
  const seen = new Set<string>();
  for (const { path } of items) {
    if (seen.has(path)) throw new RangeError(`${path}: is there twice`);
    seen.add(path);
  }
}

/** @returns the port that targets of a group have when they name none; undefined for functions */
export function defaultTargetPort(type: string, config: Json): number | undefined {
  if (type === "LAMBDA") return undefined;
  if (typeof config.port === "number") return config.port;
  return config.protocol === "HTTPS" ? 443 : 80;
}

function targetGroupItems([name, entry]: [string, TargetGroupEntry]): Item[] {
  const { type, config = {}, targets = [], tags = {} } = entry;
  const { healthCheck = {}, ...fixed } = config;
  const path = pathOf("targetGroups", name);
  const group: Item = {
    kind: "target-group",
    path,
    name,
    fixed: { type, ...fixed },
    settable: { healthCheck },
    lenient: true,
    tags,
  };
  return [group, ...targets.map((target) => targetItem(path, target, defaultTargetPort(type, config)))];
}

/** @param port of a target that names none */
export function targetItem(
  parent: string,
  { id, port: own }: { readonly id: string; readonly port?: number },
  port: number | undefined,
): Item {
  const resolved = port === undefined ? undefined : (own ?? port);
  const name = resolved === undefined ? id : `${id}:${resolved}`;
  const fixed = { id, ...(resolved === undefined ? {} : { port: resolved }) };
  return { kind: "target", path: pathOf(parent, "targets", name), parent, name, fixed, settable: {} };
}

function resourceGatewayItem([name, { tags = {}, securityGroupIds = [], ...fixed }]: [
  string,
  Json & SharedEntry,
]): Item {
  const path = pathOf("resourceGateways", name);
  return { kind: "resource-gateway", path, name, fixed, settable: { securityGroupIds }, lenient: true, tags };
}

function resourceConfigurationItems([name, entry]: [string, Json & SharedEntry]): Item[] {
  const { tags = {}, authPolicy: _, resourcePolicy: __, accessLogs: ___, ...members } = entry;
  const { portRanges, definition, allowAssociationToShareableServiceNetwork: shareable, ...fixed } = members;
  const { gateway, group, domainVerification } = fixed as Readonly<Record<string, string | undefined>>;
  const path = pathOf("resourceConfigurations", name);
  const needs = [
    ...(gateway === undefined ? [] : [pathOf("resourceGateways", gateway)]),
    ...(group === undefined ? [] : [pathOf("resourceConfigurations", group)]),
    ...(domainVerification === undefined ? [] : [pathOf("domainVerifications", domainVerification)]),
  ];
  const settable = { portRanges, definition, allowAssociationToShareableServiceNetwork: shareable };
  return [
    { kind: "resource-configuration", path, name, needs, fixed, settable, lenient: true, tags },
    ...sharedItems(path, entry),
  ];
}

function serviceItems([name, entry]: [string, ServiceEntry]): Item[] {
  const { authType = "NONE", idleTimeoutSeconds = 60, customDomainName, certificateArn = "", tags = {} } = entry;
  const path = pathOf("services", name);
  const fixed = { customDomainName: customDomainName?.toLowerCase() };
  const settable = { authType, idleTimeoutSeconds, certificateArn };
  return [
    { kind: "service", path, name, fixed, settable, tags },
    ...sharedItems(path, entry),
    ...entries(entry.listeners).flatMap((listener) => listenerItems(path, listener)),
  ];
}

/** Source: CreateListener, API reference, read 2026-11. */
const defaultPorts: Readonly<Record<string, number>> = { HTTP: 80, HTTPS: 443, TLS_PASSTHROUGH: 443 };

function listenerItems(parent: string, [name, entry]: [string, ListenerEntry]): Item[] {
  const { protocol, port = defaultPorts[protocol], defaultAction, rules, tags = {} } = entry;
  const path = pathOf(parent, "listeners", name);
  const settable = { defaultAction: checkedAction(path, defaultAction) };
  const needs = groupsOf(defaultAction);
  return [
    { kind: "listener", path, parent, name, needs, fixed: { protocol, port }, settable, tags },
    ...entries(rules).map(([ruleName, rule]): Item => {
      const rulePath = pathOf(path, "rules", ruleName);
      const { priority, match, action } = rule;
      return {
        kind: "rule",
        path: rulePath,
        parent: path,
        name: ruleName,
        needs: groupsOf(action),
        fixed: {},
        settable: { priority, match: canonicalMatch(match), action: checkedAction(rulePath, action) },
        tags: rule.tags ?? {},
      };
    }),
  ];
}

function checkedAction(path: string, action: ActionEntry): ActionEntry {
  if ("forward" in action === "fixedResponse" in action)
    throw new RangeError(`${path}: an action must have either forward or fixedResponse`);
  return canonicalAction(action);
}

/** A group of another account, or one that has to stay nameless, is named by ARN or id. */
export function isIdentifier(text: string): boolean {
  return text.startsWith("arn:") || /^[a-z]+-[0-9a-z]{17}$/.test(text);
}

function groupsOf(action: ActionEntry): string[] {
  if (!("forward" in action)) return [];
  const names = action.forward.map(({ targetGroup }) => targetGroup).filter((name) => !isIdentifier(name));
  return [...new Set(names)].map((name) => pathOf("targetGroups", name));
}

function serviceNetworkItems([name, entry]: [string, ServiceNetworkEntry]): Item[] {
  const { authType = "NONE", sharing = true, tags = {}, services, vpcs, resources } = entry;
  const path = pathOf("serviceNetworks", name);
  return [
    { kind: "service-network", path, name, fixed: { sharing }, settable: { authType }, tags },
    ...sharedItems(path, entry),
    ...entries(services).map(([service, { tags: own = {} }]): Item => {
      const needs = [pathOf("services", service)];
      const at = pathOf(path, "services", service);
      return {
        kind: "service-association",
        path: at,
        parent: path,
        name: service,
        needs,
        fixed: {},
        settable: {},
        tags: own,
      };
    }),
    ...entries(vpcs).map(([vpc, { tags: own = {}, securityGroupIds = [], ...members }]): Item => {
      const fixed = { privateDnsEnabled: false, ...members };
      const at = pathOf(path, "vpcs", vpc);
      return {
        kind: "vpc-association",
        path: at,
        parent: path,
        name: vpc,
        fixed,
        settable: { securityGroupIds },
        tags: own,
      };
    }),
    ...entries(resources).map(([resource, { tags: own = {}, ...fixed }]): Item => {
      const needs = [pathOf("resourceConfigurations", resource)];
      const at = pathOf(path, "resources", resource);
      return {
        kind: "resource-association",
        path: at,
        parent: path,
        name: resource,
        needs,
        fixed,
        settable: {},
        lenient: true,
        tags: own,
      };
    }),
  ];
}

function sharedItems(parent: string, { authPolicy, resourcePolicy, accessLogs = [] }: SharedEntry): Item[] {
  return [
    ...(authPolicy === undefined ? [] : [policyItem("auth-policy", parent, canonicalPolicy(authPolicy))]),
    ...(resourcePolicy === undefined ? [] : [policyItem("resource-policy", parent, resourcePolicy)]),
    ...accessLogs.map(({ destination, type, tags = {} }) => accessLogItem(parent, destination, type, tags)),
  ];
}

/** @param policy in its canonical form, with references in place of ARNs */
export function policyItem(kind: "auth-policy" | "resource-policy", parent: string, policy: Json): Item {
  const name = kind === "auth-policy" ? "authPolicy" : "resourcePolicy";
  const needs = referencesIn(policy);
  return { kind, path: pathOf(parent, name), parent, name, needs, fixed: {}, settable: { policy } };
}

/** A resource has one subscription for each kind of destination, a network one more for its resources. */
export function accessLogItem(
  parent: string,
  destination: string,
  type: string | undefined,
  tags: Readonly<Record<string, string>>,
): Item {
  const kind = logDestinationKind(destination);
  if (kind === undefined) {
    throw new RangeError(
      `${parent}.accessLogs: \`${destination}\` must be the ARN of a log group, bucket or Firehose stream`,
    );
  }
  const isNetwork = parent.startsWith("serviceNetworks/");
  const logType = isNetwork ? (type ?? "SERVICE") : type;
  const name = logType === "RESOURCE" ? `${kind}-resource` : kind;
  const fixed = logType === undefined ? {} : { type: logType };
  return {
    kind: "log-subscription",
    path: pathOf(parent, "accessLogs", name),
    parent,
    name,
    fixed,
    settable: { destination },
    tags,
  };
}
