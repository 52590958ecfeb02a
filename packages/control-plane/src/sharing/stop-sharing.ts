import { owners, type ResourceBase, resourcePolicyKey } from "@pergola/core";
import type { OperationContext } from "../operation.ts";
import { endResource } from "../ram/remove-from-share.ts";
import { type ResourceAssociation, resourceAssociationKey } from "../ram/share.ts";
import { type Grant, grantPrefix, policyGrantKey } from "./grant.ts";

/** Takes a resource that is being deleted out of every way of sharing it: its resource policy and the shares that have it. */
export async function stopSharing(context: OperationContext, resource: ResourceBase): Promise<void> {
  context.tx.delete(resourcePolicyKey(resource.id));
  context.tx.delete(policyGrantKey(resource));
  await leaveShares(context, resource);
}

/** Takes a resource out of the shares that have it: at most 25, two writes each. */
export async function leaveShares(context: OperationContext, resource: ResourceBase): Promise<void> {
  const { tx } = context;
  const grants = await tx.page<Grant>(owners.sharedResources(resource.region), { prefix: grantPrefix(resource) });
  for (const { value } of grants.items) {
    if (value.share === undefined) continue;
    const association = await tx.get<ResourceAssociation>(resourceAssociationKey(value.share, resource.arn));
    if (association?.status === "ASSOCIATED") endResource(context, value.share, association);
  }
}
