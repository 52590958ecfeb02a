import type { OperationContext } from "../operation.ts";
import { resourceTypes } from "./permission.ts";
import type { ResourceAssociation, ResourceShare, ShareAssociation, ShareInvitation } from "./share.ts";

/** @returns a share as the API shows it; its tags to its owner only */
export function shareView({ caller }: OperationContext, share: ResourceShare): Record<string, unknown> {
  const { arn, name, account, allowExternalPrincipals, status, retainOnLeave, createdAt, lastUpdatedAt, tags } = share;
  return {
    resourceShareArn: arn,
    name,
    owningAccountId: account,
    allowExternalPrincipals,
    status,
    ...(account === caller.account ? { tags: Object.entries(tags).map(([key, value]) => ({ key, value })) } : {}),
    creationTime: createdAt,
    lastUpdatedTime: lastUpdatedAt,
    featureSet: "STANDARD",
    ...(retainOnLeave === undefined
      ? {}
      : { resourceShareConfiguration: { retainSharingOnAccountLeaveOrganization: retainOnLeave } }),
  };
}

/** What the API says of an association right after it has changed, while it is in force or out of it already. */
const onTheWay: Readonly<Record<ShareAssociation["status"], string>> = {
  ASSOCIATED: "ASSOCIATING",
  DISASSOCIATED: "DISASSOCIATING",
  ASSOCIATING: "ASSOCIATING",
  FAILED: "FAILED",
};

/** @returns an association as it is now: one whose invitation has expired has failed */
export function currentAssociation<T extends ShareAssociation>({ now }: OperationContext, association: T): T {
  if (association.type !== "PRINCIPAL" || association.status !== "ASSOCIATING") return association;
  const { expiresAt = "" } = association.invitation ?? {};
  if (now.toISOString() < expiresAt) return association;
  return { ...association, status: "FAILED", statusMessage: "the invitation was not accepted in time" };
}

/** @returns the status of an association, which settles as those of VPC Lattice's resources do */
export function associationStatusAt(context: OperationContext, association: ShareAssociation): string {
  const { status, lastUpdatedAt } = currentAssociation(context, association);
  const settlesAt = Date.parse(lastUpdatedAt) + context.settings.settleMs;
  return context.now.getTime() < settlesAt ? onTheWay[status] : status;
}

/**
 * @param isAnswer whether it is shown as the answer of what has just changed it
 * @returns an association as the API shows it
 */
export function associationView(
  context: OperationContext,
  { arn, name }: ResourceShare,
  association: ShareAssociation,
  isAnswer = false,
): Record<string, unknown> {
  const { createdAt, lastUpdatedAt, statusMessage, status } = currentAssociation(context, association);
  return {
    resourceShareArn: arn,
    resourceShareName: name,
    associatedEntity: association.type === "RESOURCE" ? association.arn : association.entity,
    associationType: association.type,
    status: isAnswer ? onTheWay[status] : associationStatusAt(context, association),
    ...(statusMessage === undefined ? {} : { statusMessage }),
    creationTime: createdAt,
    lastUpdatedTime: lastUpdatedAt,
    external: association.type === "PRINCIPAL" && association.external,
  };
}

/** @returns a resource of a share as the API shows it */
export function resourceView(shareArn: string, association: ResourceAssociation): Record<string, unknown> {
  return {
    arn: association.arn,
    type: resourceTypes[association.kind],
    resourceShareArn: shareArn,
    status: "AVAILABLE",
    creationTime: association.createdAt,
    lastUpdatedTime: association.lastUpdatedAt,
    resourceRegionScope: "REGIONAL",
  };
}

/** @returns what has become of an invitation */
export function invitationStatusAt({ now }: OperationContext, { status, expiresAt }: ShareInvitation): string {
  return status === "PENDING" && now.toISOString() >= expiresAt ? "EXPIRED" : status;
}

/** @returns an invitation as the API shows it */
export function invitationView(context: OperationContext, invitation: ShareInvitation): Record<string, unknown> {
  const { arn, share, receiver, invitedAt } = invitation;
  return {
    resourceShareInvitationArn: arn,
    resourceShareName: share.name,
    resourceShareArn: share.arn,
    senderAccountId: share.account,
    receiverAccountId: receiver,
    invitationTimestamp: invitedAt,
    status: invitationStatusAt(context, invitation),
  };
}
