import { type ConfigurationDocument, formatVersion, type Json } from "./document.ts";
import type { Item, ItemKind } from "./item.ts";

type Entry = Record<string, unknown>;

/** The member of the document, or of the parent's entry, that holds a kind's entries by name. */
const collections: Readonly<Record<ItemKind, string>> = {
  "domain-verification": "domainVerifications",
  "target-group": "targetGroups",
  target: "targets",
  "resource-gateway": "resourceGateways",
  "resource-configuration": "resourceConfigurations",
  service: "services",
  "service-network": "serviceNetworks",
  "auth-policy": "authPolicy",
  "resource-policy": "resourcePolicy",
  listener: "listeners",
  rule: "rules",
  "service-association": "services",
  "vpc-association": "vpcs",
  "resource-association": "resources",
  "log-subscription": "accessLogs",
};

/** Members of the API's defaults, which a file need not say. */
const defaults: Readonly<Partial<Record<ItemKind, Json>>> = {
  service: { authType: "NONE", idleTimeoutSeconds: 60, certificateArn: "" },
  "service-network": { authType: "NONE", sharing: true },
  "vpc-association": { privateDnsEnabled: false },
  "resource-association": { privateDnsEnabled: false },
  "log-subscription": { type: "SERVICE" },
};

/** In this order a document reads best: what others are built from first. */
const order: readonly ItemKind[] = [
  "domain-verification",
  "target-group",
  "resource-gateway",
  "resource-configuration",
  "service",
  "service-network",
];

/**
 * @param items each with its parent among them
 * @returns the document that says the same
 */
export function documentOfItems(items: readonly Item[]): ConfigurationDocument {
  const document: Entry = { pergola: formatVersion };
  const byPath = new Map<string, Entry>();
  const rank = ({ kind }: Item): number => order.indexOf(kind);
  // By name: ids differ from account to account, and one configuration is to be one text.
  const named = [...items].sort((a, b) => (a.path < b.path ? -1 : 1));
  for (const item of named.sort((a, b) => rank(a) - rank(b))) if (rank(item) >= 0) place(document, byPath, item);
  const parts = named.filter((item) => rank(item) < 0).sort((a, b) => partRank(a) - partRank(b));
  for (const item of parts) {
    const parent = byPath.get(item.parent ?? "");
    if (parent === undefined) throw new Error(`${item.path} has no parent`);
    place(parent, byPath, item);
  }
  return document as unknown as ConfigurationDocument;
}

/** Listeners before their rules, and rules in the order in which they are tried. */
function partRank({ kind, settable }: Item): number {
  return kind === "rule" ? Number(settable.priority) : 0;
}

function place(into: Entry, byPath: Map<string, Entry>, item: Item): void {
  const collection = collections[item.kind];
  const entry = entryOf(item);
  if (item.kind === "auth-policy" || item.kind === "resource-policy") into[collection] = item.settable.policy;
  else if (item.kind === "target" || item.kind === "log-subscription") {
    into[collection] = [...((into[collection] as unknown[] | undefined) ?? []), entry];
  } else {
    const group = (into[collection] ?? {}) as Entry;
    into[collection] = group;
    group[item.name] = entry;
  }
  byPath.set(item.path, entry);
}

function entryOf({ kind, fixed, settable, tags }: Item): Entry {
  const members = kind === "target-group" ? targetGroupMembers(fixed, settable) : { ...fixed, ...settable };
  const usual = defaults[kind] ?? {};
  const sorted = tags && Object.fromEntries(Object.entries(tags).sort(([a], [b]) => (a < b ? -1 : 1)));
  const kept = Object.entries({ ...members, tags: sorted }).filter(
    ([name, value]) => !(Object.hasOwn(usual, name) && usual[name] === value) && !saysNothing(name, value),
  );
  return Object.fromEntries(kept);
}

function targetGroupMembers({ type, ...config }: Json, { healthCheck }: Json): Entry {
  const check = Object.keys((healthCheck ?? {}) as object).length === 0 ? {} : { healthCheck };
  return { type, config: { ...config, ...check } };
}

function saysNothing(name: string, value: unknown): boolean {
  if (value === undefined) return true;
  const mayBeEmpty = name === "tags" || name === "securityGroupIds" || name === "healthCheck" || name === "config";
  return mayBeEmpty && Object.keys(value as object).length === 0;
}
