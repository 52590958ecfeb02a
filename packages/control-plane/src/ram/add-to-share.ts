import { type Key, owners, parseLatticeArn, type ResourceBase, type ServiceNetwork } from "@pergola/core";
import { ownerByPrefix } from "../locate.ts";
import type { OperationContext } from "../operation.ts";
import type { SharedKind } from "../resource-policies/shared-resource.ts";
import { type Grant, grantPrefix, maxSharesOfResource, shareGrantKey } from "../sharing/grant.ts";
import { invite } from "./invite.ts";
import { awsPermission } from "./permission.ts";
import { resolvePrincipal } from "./principal.ts";
import { RamError } from "./ram-error.ts";
import {
  type PrincipalAssociation,
  principalAssociationKey,
  type ResourceAssociation,
  type ResourceShare,
  resourceAssociationKey,
  type ShareAssociation,
  shareWithKey,
} from "./share.ts";
import { currentAssociation } from "./views.ts";

/** How many resources and principals one request may name: each is three writes of a transaction that may have a hundred. */
const maxPerRequest = 30;
/** How many resources a share may have, and how many principals. */
const maxPerShare = 1000;

export interface Entities {
  readonly resourceArns?: readonly string[];
  readonly principals?: readonly string[];
}

/**
 * Puts resources into a share and lets principals have them; what is there already stays as it is.
 * @returns the share with the permissions that its resources need, not yet written, and the associations in the order of the request
 * @throws RamError
 */
export async function addToShare(
  context: OperationContext,
  share: ResourceShare,
  entities: Entities,
): Promise<{ readonly share: ResourceShare; readonly associations: readonly ShareAssociation[] }> {
  const arns = [...new Set(entities.resourceArns)];
  const principals = [...new Set(entities.principals)];
  if (arns.length + principals.length > maxPerRequest) {
    throw new RamError(
      "ResourceShareLimitExceededException",
      `${arns.length + principals.length} resources and principals are more than the ${maxPerRequest} that one request may name; name the others in further AssociateResourceShare requests`,
    );
  }
  await requireRoom(context, share, "resource", arns.length);
  await requireRoom(context, share, "principal", principals.length);
  const associations: ShareAssociation[] = [];
  let permissions = share.permissions;
  for (const arn of arns) {
    const association = await addResource(context, share, arn);
    const { kind } = association;
    const { arn: permission, defaultVersion } = awsPermission(share.region, kind);
    permissions = { [kind]: { arn: permission, version: defaultVersion }, ...permissions };
    associations.push(association);
  }
  for (const principal of principals) associations.push(await addPrincipal(context, share, principal));
  return { share: { ...share, permissions }, associations };
}

async function requireRoom(
  { tx }: OperationContext,
  { id, ...scope }: ResourceShare,
  what: "resource" | "principal",
  more: number,
): Promise<void> {
  if (more === 0) return;
  const prefix = `${id}/${what}/`;
  const { items } = await tx.page(owners.shareAssociations(scope), { prefix, limit: maxPerShare });
  if (items.length + more <= maxPerShare) return;
  const message = `a share may have ${maxPerShare} ${what}s, those that left it in the last two hours included`;
  throw new RamError("ResourceShareLimitExceededException", message);
}

async function addResource(context: OperationContext, share: ResourceShare, arn: string): Promise<ResourceAssociation> {
  const { tx, now } = context;
  const { key, kind, resource } = await getShareable(context, arn);
  const associationKey = resourceAssociationKey(share, arn);
  const existing = await tx.get<ResourceAssociation>(associationKey);
  if (existing?.status === "ASSOCIATED") return existing;
  const { items } = await tx.page(owners.sharedResources(share.region), {
    prefix: `${grantPrefix(resource)}share/`,
    limit: maxSharesOfResource,
  });
  if (items.length === maxSharesOfResource) {
    const message = `\`${arn}\` is in ${maxSharesOfResource} shares, which is as many as may have one resource`;
    throw new RamError("ResourceShareLimitExceededException", message);
  }
  const time = now.toISOString();
  const base = { shareId: share.id, createdAt: time, lastUpdatedAt: time };
  const association: ResourceAssociation = { ...base, type: "RESOURCE", arn, kind, status: "ASSOCIATED" };
  tx.put(associationKey, association);
  const { id, account, region } = share;
  const grant: Grant = { arn, share: { id, account, region } };
  tx.put(shareGrantKey(resource, id), grant);
  // Rewritten so that its version moves: a racing deletion starts again and takes the association back.
  tx.put(key, resource);
  return association;
}

/** @throws RamError for what is no resource of the caller's own that can be shared */
async function getShareable(
  { caller, tx }: OperationContext,
  arn: string,
): Promise<{ readonly key: Key; readonly kind: SharedKind; readonly resource: ResourceBase }> {
  const parsed = parseLatticeArn(arn);
  const { prefix = "" } = parsed ?? {};
  if (parsed === undefined || (prefix !== "svc" && prefix !== "sn" && prefix !== "rcfg")) {
    const message = `\`${arn}\` cannot be shared: only services, service networks and resource configurations can`;
    throw new RamError("MalformedArnException", message);
  }
  if (parsed.account !== caller.account) {
    const message = `\`${arn}\` belongs to another account, which alone can share it`;
    throw new RamError("OperationNotPermittedException", message);
  }
  const ownerOf = ownerByPrefix[prefix];
  const key = { owner: ownerOf?.(parsed) ?? "", id: parsed.id };
  const resource = parsed.region === caller.region ? await tx.get<ResourceBase>(key) : undefined;
  if (resource?.arn !== arn) throw new RamError("UnknownResourceException", `\`${arn}\` could not be found`);
  if ((resource as Partial<ServiceNetwork>).sharingConfig?.enabled === false) {
    const message = `\`${arn}\` cannot be shared: its \`sharingConfig\` says so`;
    throw new RamError("OperationNotPermittedException", message);
  }
  return { key, kind: prefix, resource };
}

async function addPrincipal(
  context: OperationContext,
  share: ResourceShare,
  text: string,
): Promise<PrincipalAssociation> {
  const { tx, now } = context;
  const { principal, entity, external } = await resolvePrincipal(context, share, text);
  const key = principalAssociationKey(share, principal);
  const existing = await tx.get<PrincipalAssociation>(key);
  const current = existing && currentAssociation(context, existing);
  if (current?.status === "ASSOCIATED" || current?.status === "ASSOCIATING") return current;
  const time = now.toISOString();
  const base = { shareId: share.id, createdAt: time, lastUpdatedAt: time, type: "PRINCIPAL", entity } as const;
  const association: PrincipalAssociation = external
    ? { ...base, principal, external, status: "ASSOCIATING", invitation: invite(context, share, principal) }
    : { ...base, principal, external, status: "ASSOCIATED" };
  tx.put(key, association);
  if (!external) tx.put(shareWithKey(share, principal), { account: share.account });
  return association;
}
