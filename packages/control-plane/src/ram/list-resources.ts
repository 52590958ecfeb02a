import { owners } from "@pergola/core";
import { required } from "../constraint.ts";
import { type OperationContext, query } from "../operation.ts";
import { getInvitation, requireUsable } from "./answer-invitation.ts";
import { kindOfMember } from "./kind-of-member.ts";
import {
  invitationArnMember,
  principalMember,
  ramPaging,
  regionScope,
  resourceArns,
  resourceOwner,
  resourceType,
  shareArns,
} from "./members.ts";
import { RamError } from "./ram-error.ts";
import {
  type PrincipalAssociation,
  principalAssociationKey,
  type ResourceShare,
  type ShareAssociation,
} from "./share.ts";
import { resourceView } from "./views.ts";
import { pageOfWalk, walkOwnAssociations, walkOwner, walkSharedAssociations } from "./walk.ts";

/** ListResources: what the caller shares, or what is shared with it; once for each share. */
export const listResources = query(
  {
    ...ramPaging,
    resourceOwner: required(resourceOwner),
    principal: principalMember,
    resourceType,
    resourceArns,
    resourceShareArns: shareArns,
    resourceRegionScope: regionScope,
  },
  async (input, context) => {
    const { resourceOwner: whose, resourceRegionScope } = input;
    const kind = input.resourceType === undefined ? undefined : kindOfMember(input.resourceType);
    const arns = input.resourceArns && new Set(input.resourceArns);
    const shares = input.resourceShareArns && new Set(input.resourceShareArns);
    const isFor = createPrincipalFilter(context, whose, input.principal);
    const walk = whose === "SELF" ? walkOwnAssociations(context) : walkSharedAssociations(context);
    const page = await pageOfWalk(`shared-resources/${whose}`, walk, input, async ({ share, association }) => {
      const isWanted =
        association.type === "RESOURCE" &&
        association.status === "ASSOCIATED" &&
        share.status === "ACTIVE" &&
        resourceRegionScope !== "GLOBAL" &&
        (kind ?? association.kind) === association.kind &&
        (arns === undefined || arns.has(association.arn)) &&
        (shares === undefined || shares.has(share.arn)) &&
        (await isFor(share));
      return isWanted ? resourceView(share.arn, association) : undefined;
    });
    return { resources: page.items, nextToken: page.nextToken };
  },
);

/** Of one's own shares a principal may have them; of others' shares it is the owner that is meant. */
function createPrincipalFilter(
  { tx }: OperationContext,
  whose: "SELF" | "OTHER-ACCOUNTS",
  principal: string | undefined,
): (share: ResourceShare) => Promise<boolean> {
  if (principal === undefined) return async () => true;
  if (whose === "OTHER-ACCOUNTS") return async ({ account }) => account === principal;
  const id = principal.slice(principal.lastIndexOf("/") + 1);
  return async (share) =>
    (await tx.read<PrincipalAssociation>(principalAssociationKey(share, id)))?.status === "ASSOCIATED";
}

/** ListPendingInvitationResources: what the caller would get by accepting. */
export const listPendingInvitationResources = query(
  { ...ramPaging, resourceShareInvitationArn: required(invitationArnMember), resourceRegionScope: regionScope },
  async (input, context) => {
    const { invitation } = await getInvitation(context, input.resourceShareInvitationArn);
    requireUsable(context, invitation);
    if (invitation.status === "ACCEPTED") {
      const message = `\`${invitation.arn}\` has been accepted; ListResources shows what it brought`;
      throw new RamError("InvalidParameterException", message);
    }
    const { id, arn: shareArn, ...scope } = invitation.share;
    const walk = walkOwner<ShareAssociation>(context, owners.shareAssociations(scope), `${id}/resource/`);
    const page = await pageOfWalk("pending-resources", walk, input, (association) =>
      association.type === "RESOURCE" && association.status === "ASSOCIATED" && input.resourceRegionScope !== "GLOBAL"
        ? resourceView(shareArn, association)
        : undefined,
    );
    return { resources: page.items, nextToken: page.nextToken };
  },
);
