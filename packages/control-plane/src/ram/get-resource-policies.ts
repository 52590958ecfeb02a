import { owners, parseLatticeArn } from "@pergola/core";
import { list, required } from "../constraint.ts";
import { type OperationContext, query } from "../operation.ts";
import { pageOf } from "../page.ts";
import { type Grant, grantPrefix } from "../sharing/grant.ts";
import { sharePolicy } from "../sharing/share-policy.ts";
import { arnMember, principalMember, ramPaging } from "./members.ts";
import {
  type PrincipalAssociation,
  type ResourceAssociation,
  type ResourceShare,
  resourceAssociationKey,
  shareKey,
} from "./share.ts";

/** GetResourcePolicies: the policies that the caller's shares amount to, one for each share of a resource. */
export const getResourcePolicies = query(
  { ...ramPaging, resourceArns: required(list(arnMember, 1, 100)), principal: principalMember },
  async (input, context) => {
    const policies: { readonly id: string; readonly policy: string }[] = [];
    for (const arn of new Set(input.resourceArns)) {
      for (const [id, policy] of await policiesOf(context, arn, input.principal)) policies.push({ id, policy });
    }
    const page = pageOf("resource-policies", policies, input);
    return { policies: page.items.map(({ policy }) => policy), nextToken: page.nextToken };
  },
);

async function policiesOf(
  context: OperationContext,
  arn: string,
  principal: string | undefined,
): Promise<readonly (readonly [string, string])[]> {
  const { tx, caller } = context;
  const resource = parseLatticeArn(arn);
  if (resource === undefined || resource.account !== caller.account || resource.region !== caller.region) return [];
  const found: [string, string][] = [];
  const grants = await tx.page<Grant>(owners.sharedResources(caller.region), { prefix: grantPrefix(resource) });
  for (const { id, value } of grants.items) {
    const share = value.share && (await tx.read<ResourceShare>(shareKey(value.share, value.share.id)));
    const association = share && (await tx.read<ResourceAssociation>(resourceAssociationKey(share, arn)));
    if (share?.status !== "ACTIVE" || association?.status !== "ASSOCIATED") continue;
    const { items } = await tx.page<PrincipalAssociation>(owners.shareAssociations(share), {
      prefix: `${share.id}/principal/`,
      limit: 1000,
    });
    const principals = items
      .map((item) => item.value)
      .filter(({ status, entity }) => status === "ASSOCIATED" && (principal ?? entity) === entity);
    const policy = principals.length === 0 ? undefined : await sharePolicy(context, share, association, principals);
    if (policy !== undefined) found.push([id, policy]);
  }
  return found;
}
