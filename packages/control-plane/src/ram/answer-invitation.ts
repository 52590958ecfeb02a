import { type Key, VersionConflict } from "@pergola/core";
import { required } from "../constraint.ts";
import { type OperationContext, operation } from "../operation.ts";
import { shownUntil } from "./invite.ts";
import { clientTokenMember, invitationArnMember } from "./members.ts";
import { RamError } from "./ram-error.ts";
import {
  invitationArnPattern,
  invitationKey,
  type PrincipalAssociation,
  partsOfArn,
  principalAssociationKey,
  type ResourceShare,
  type ShareInvitation,
  shareKey,
  shareWithKey,
} from "./share.ts";
import { invitationStatusAt, invitationView } from "./views.ts";

const members = { resourceShareInvitationArn: required(invitationArnMember), clientToken: clientTokenMember };

/** AcceptResourceShareInvitation: the caller may use what the share has, from the answer on. */
export const acceptResourceShareInvitation = operation(members, async (input, context) => {
  const { key, invitation, share, association } = await findPending(context, input.resourceShareInvitationArn);
  const { tx, now, caller } = context;
  const accepted: ShareInvitation = { ...invitation, status: "ACCEPTED" };
  tx.put(key, accepted, shownUntil(now));
  const associated: PrincipalAssociation = {
    ...association,
    status: "ASSOCIATED",
    lastUpdatedAt: now.toISOString(),
  };
  tx.put(principalAssociationKey(share, caller.account), associated);
  tx.put(shareWithKey(share, caller.account), { account: share.account });
  return { resourceShareInvitation: invitationView(context, accepted), clientToken: input.clientToken };
});

/** RejectResourceShareInvitation: the owner may invite again. */
export const rejectResourceShareInvitation = operation(members, async (input, context) => {
  const { key, invitation, share, association } = await findPending(context, input.resourceShareInvitationArn);
  const { tx, now, caller } = context;
  const rejected: ShareInvitation = { ...invitation, status: "REJECTED" };
  tx.put(key, rejected, shownUntil(now));
  const failed: PrincipalAssociation = {
    ...association,
    status: "FAILED",
    statusMessage: "the invitation was rejected",
    lastUpdatedAt: now.toISOString(),
  };
  tx.put(principalAssociationKey(share, caller.account), failed);
  return { resourceShareInvitation: invitationView(context, rejected), clientToken: input.clientToken };
});

interface Pending {
  readonly key: Key;
  readonly invitation: ShareInvitation;
  readonly share: ResourceShare;
  readonly association: PrincipalAssociation;
}

async function findPending(context: OperationContext, arn: string): Promise<Pending> {
  const { tx, caller } = context;
  const { key, invitation } = await getInvitation(context, arn);
  if (invitation.status === "ACCEPTED") {
    throw new RamError("ResourceShareInvitationAlreadyAcceptedException", `\`${arn}\` has been accepted`);
  }
  requireUsable(context, invitation);
  const share = await tx.get<ResourceShare>(shareKey(invitation.share, invitation.share.id));
  const association = share && (await tx.get<PrincipalAssociation>(principalAssociationKey(share, caller.account)));
  if (share?.status !== "ACTIVE" || association === undefined) throw unknownInvitation(arn);
  // It was answered or taken back after it was read: what it is now is for the next run to say.
  const isOpen = association.status === "ASSOCIATING" && association.invitation?.id === invitation.id;
  if (!isOpen) throw new VersionConflict([key]);
  return { key, invitation, share, association };
}

/** @throws RamError ResourceShareInvitationArnNotFoundException for one that the caller has not received */
export async function getInvitation(
  { tx, caller }: OperationContext,
  arn: string,
): Promise<{ readonly key: Key; readonly invitation: ShareInvitation }> {
  const { region, id } = partsOfArn(invitationArnPattern, arn);
  const key = invitationKey(caller, id);
  const invitation = region === caller.region ? await tx.get<ShareInvitation>(key) : undefined;
  if (invitation?.arn !== arn) throw unknownInvitation(arn);
  return { key, invitation };
}

/** @throws RamError for an invitation that was rejected or has expired */
export function requireUsable(context: OperationContext, invitation: ShareInvitation): void {
  const status = invitationStatusAt(context, invitation);
  if (status === "REJECTED") {
    throw new RamError("ResourceShareInvitationAlreadyRejectedException", `\`${invitation.arn}\` has been rejected`);
  }
  if (status === "EXPIRED") {
    throw new RamError("ResourceShareInvitationExpiredException", `\`${invitation.arn}\` has expired`);
  }
}

function unknownInvitation(arn: string): RamError {
  const message = `ResourceShareInvitation ${arn} could not be found.`;
  return new RamError("ResourceShareInvitationArnNotFoundException", message);
}
