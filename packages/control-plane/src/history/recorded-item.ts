import { type Key, resourceArn, type Scope, targetKey } from "@pergola/core";

/** What history shows of the resource that an item is. */
export interface ChangedResource {
  /** E.g. `service`, `rule`, `auth-policy`. */
  readonly kind: string;
  readonly id: string;
  /** A policy or target has that of the resource it belongs to. */
  readonly arn?: string;
  readonly name?: string;
}

/**
 * How an item takes part in history: as a resource, as one of the items that keep resources together (names, pointers, counts), by its
 * key alone (identities: what they hold is nobody's to read, and nothing brings a deleted one back), or not at all (what is derived
 * from other items, or found out by others than the API's callers).
 */
export type RecordedItem =
  | { readonly kind: "resource"; readonly resource: string; readonly parentId?: string }
  | { readonly kind: "bookkeeping" | "concealed" | "ignored" };

const scopedResources: Readonly<Record<string, string>> = {
  services: "service",
  "service-networks": "service-network",
  "target-groups": "target-group",
  "service-associations": "service-association",
  "vpc-associations": "vpc-association",
  "log-subscriptions": "log-subscription",
  "resource-gateways": "resource-gateway",
  "resource-configurations": "resource-configuration",
  "resource-associations": "resource-association",
  "domain-verifications": "domain-verification",
};

const childResources: Readonly<Record<string, string>> = {
  listeners: "listener",
  rules: "rule",
  targets: "target",
  "auth-policy": "auth-policy",
  "resource-policy": "resource-policy",
  "endpoint-associations": "endpoint-associations",
};

/** `tokens` go away by themselves; a replayed create is answered as before, whatever became of its resource. */
const ignored =
  /^(?:\d{12}\/[^/]+\/(?:tokens|history)|[^/]+\/health|snapshots\/(?:services|networks|resource-configurations))$/;

/** Their private keys, though sealed, are nobody's to read. */
const certificates = /^\d{12}\/[^/]+\/certificates$/;

/**
 * Resource shares are two accounts' matter: one cannot take back what the other has accepted, and so nothing of them is rolled back.
 * Only the shares, what is in them and who may have them are told; the rest makes these findable.
 */
const shares = /^ram\/(?:[^/]+\/\d{12}\/(resource-shares|associations|invitations|permissions)|organizations)$/;

function isOfShare({ owner, id }: Key): boolean {
  return owner.startsWith("ram/") || (owner.startsWith("shared-resources/") && id.includes("/share/"));
}

/** @returns how the item with this key takes part in history */
export function recordedItem(key: Key): RecordedItem {
  const { owner } = key;
  if (ignored.test(owner)) return { kind: "ignored" };
  if (isOfShare(key)) return { kind: shares.test(owner) ? "concealed" : "ignored" };
  if (owner.startsWith("identities/") || certificates.test(owner)) return { kind: "concealed" };
  const [, collection = ""] = /^\d{12}\/[^/]+\/([^/]+)$/.exec(owner) ?? [];
  const scoped = scopedResources[collection];
  if (scoped !== undefined) return { kind: "resource", resource: scoped };
  const [, parentId = "", children = ""] = /^([a-z]+-[0-9a-z]{17})\/([^/]+)$/.exec(owner) ?? [];
  const child = childResources[children];
  return child === undefined ? { kind: "bookkeeping" } : { kind: "resource", resource: child, parentId };
}

/** @returns what history says of an item whose contents it does not show */
export function concealedResource(key: Key): ChangedResource {
  const [, kind = "organizations"] =
    shares.exec(key.owner) ?? /(?:^identities|^\d{12}\/[^/]+)\/(.*)/.exec(key.owner) ?? [];
  if (!isOfShare(key)) return { kind: kind.replace(/s$/, ""), id: key.id };
  if (kind !== "associations") return { kind: shareKinds[kind] ?? kind, id: key.id };
  const [id = "", , ...entity] = key.id.split("/");
  return { kind: "resource-share-association", id, name: entity.join("/") };
}

const shareKinds: Readonly<Record<string, string>> = {
  "resource-shares": "resource-share",
  invitations: "resource-share-invitation",
  permissions: "resource-share-permission",
  organizations: "sharing-organization",
};

/** @returns true for the counts of `owners.counts` */
export function isCount({ owner }: Key): boolean {
  return /^\d{12}\/[^/]+\/counts$/.test(owner);
}

/**
 * @param value of the item, before the change or after it
 * @returns what history says of the resource
 */
export function resourceOf(
  scope: Scope,
  key: Key,
  item: RecordedItem & { readonly kind: "resource" },
  value: unknown,
): ChangedResource {
  const { arn, name, domainName, serviceName, resourceConfigurationName, serviceNetworkName, vpcId } = value as Texts;
  const { resource: kind, parentId } = item;
  const ends = [serviceName ?? resourceConfigurationName ?? vpcId, serviceNetworkName];
  const label = kind === "target" ? targetKey(value as never) : (name ?? domainName);
  const described = label ?? (ends[0] === undefined || ends[1] === undefined ? undefined : ends.join(" in "));
  const place = arn ?? parentArn(scope, parentId);
  return {
    kind,
    id: arn === undefined && parentId !== undefined ? parentId : key.id,
    ...(place === undefined ? {} : { arn: place }),
    ...(described === undefined ? {} : { name: described }),
  };
}

type Texts = Readonly<
  Partial<
    Record<
      "arn" | "name" | "domainName" | "serviceName" | "resourceConfigurationName" | "serviceNetworkName" | "vpcId",
      string
    >
  >
>;

function parentArn(scope: Scope, id: string | undefined): string | undefined {
  const prefix = /^[a-z]+/.exec(id ?? "")?.[0];
  if (id === undefined || (prefix !== "svc" && prefix !== "sn" && prefix !== "tg" && prefix !== "rcfg"))
    return undefined;
  return resourceArn(scope, prefix, id);
}
