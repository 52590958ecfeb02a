import { logDestinationKind } from "@pergola/core";
import { canonicalPolicy } from "./canonical.ts";
import type { Json, SharedEntry } from "./document.ts";
import { type Item, pathOf } from "./item.ts";
import { referencesIn } from "./policy-references.ts";

/** @returns the policies and log subscriptions that many kinds of resources have */
export function sharedItems(parent: string, { authPolicy, resourcePolicy, accessLogs = [] }: SharedEntry): Item[] {
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
