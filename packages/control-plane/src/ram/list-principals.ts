import { required } from "../constraint.ts";
import { type OperationContext, query } from "../operation.ts";
import { kindOfMember } from "./kind-of-member.ts";
import { arnMember, principals, ramPaging, resourceOwner, resourceType, shareArns } from "./members.ts";
import { type ResourceAssociation, type ResourceShare, resourceAssociationKey } from "./share.ts";
import { pageOfWalk, walkOwnAssociations, walkSharesWithCaller } from "./walk.ts";

/** ListPrincipals: with whom the caller shares, or who shares with it; once for each share. */
export const listPrincipals = query(
  {
    ...ramPaging,
    resourceOwner: required(resourceOwner),
    resourceArn: arnMember,
    principals,
    resourceType,
    resourceShareArns: shareArns,
  },
  async (input, context) => {
    const kind = input.resourceType === undefined ? undefined : kindOfMember(input.resourceType);
    const shares = input.resourceShareArns && new Set(input.resourceShareArns);
    const wanted = input.principals && new Set(input.principals);
    const isAbout = async (share: ResourceShare): Promise<boolean> =>
      (shares === undefined || shares.has(share.arn)) &&
      (kind === undefined || share.permissions[kind] !== undefined) &&
      (input.resourceArn === undefined || (await hasResource(context, share, input.resourceArn)));
    const view = (id: string, { arn }: ResourceShare, times: Times, external: boolean): unknown =>
      wanted === undefined || wanted.has(id)
        ? { id, resourceShareArn: arn, creationTime: times.createdAt, lastUpdatedTime: times.lastUpdatedAt, external }
        : undefined;
    const page =
      input.resourceOwner === "SELF"
        ? await pageOfWalk("principals/SELF", walkOwnAssociations(context), input, async ({ share, association }) =>
            association.type === "PRINCIPAL" && association.status === "ASSOCIATED" && (await isAbout(share))
              ? view(association.entity, share, association, association.external)
              : undefined,
          )
        : await pageOfWalk("principals/OTHER", walkSharesWithCaller(context), input, async (share) =>
            (await isAbout(share)) ? view(share.account, share, share, isOutside(context, share)) : undefined,
          );
    return { principals: page.items, nextToken: page.nextToken };
  },
);

type Times = { readonly createdAt: string; readonly lastUpdatedAt: string };

async function hasResource({ tx }: OperationContext, share: ResourceShare, arn: string): Promise<boolean> {
  return (await tx.read<ResourceAssociation>(resourceAssociationKey(share, arn)))?.status === "ASSOCIATED";
}

function isOutside({ organizations, caller }: OperationContext, { account }: ResourceShare): boolean {
  const own = organizations.organizationOf(caller.account)?.orgId;
  return own === undefined || organizations.organizationOf(account)?.orgId !== own;
}
