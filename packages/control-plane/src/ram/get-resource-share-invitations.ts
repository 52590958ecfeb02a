import { owners } from "@pergola/core";
import { list } from "../constraint.ts";
import { query } from "../operation.ts";
import { getInvitation } from "./answer-invitation.ts";
import { invitationArnMember, ramPaging, shareArns } from "./members.ts";
import type { ShareInvitation } from "./share.ts";
import { invitationView } from "./views.ts";
import { pageOfWalk, walkOwner } from "./walk.ts";

/** GetResourceShareInvitations: those that the caller has received. */
export const getResourceShareInvitations = query(
  { ...ramPaging, resourceShareInvitationArns: list(invitationArnMember, 0, 100), resourceShareArns: shareArns },
  async (input, context) => {
    for (const arn of input.resourceShareInvitationArns ?? []) await getInvitation(context, arn);
    const arns = input.resourceShareInvitationArns && new Set(input.resourceShareInvitationArns);
    const shares = input.resourceShareArns && new Set(input.resourceShareArns);
    const walk = walkOwner<ShareInvitation>(context, owners.shareInvitations(context.caller));
    const page = await pageOfWalk("share-invitations", walk, input, (invitation) => {
      const isWanted =
        (arns === undefined || arns.has(invitation.arn)) && (shares === undefined || shares.has(invitation.share.arn));
      return isWanted ? invitationView(context, invitation) : undefined;
    });
    return { resourceShareInvitations: page.items, nextToken: page.nextToken };
  },
);
