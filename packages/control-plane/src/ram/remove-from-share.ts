import { parseLatticeArn, type Scope } from "@pergola/core";
import type { OperationContext } from "../operation.ts";
import { shareGrantKey } from "../sharing/grant.ts";
import {
  endedSeconds,
  invitationKey,
  type PrincipalAssociation,
  principalAssociationKey,
  type ResourceAssociation,
  type ResourceShare,
  resourceAssociationKey,
  type ShareAssociation,
  shareWithKey,
} from "./share.ts";

type ShareRef = Scope & { readonly id: string };

/** Ends an association, whoever it is with; it is shown as DISASSOCIATED for a while. @returns it as it is then */
export function endAssociation(
  context: OperationContext,
  share: ResourceShare,
  association: ShareAssociation,
): ShareAssociation {
  return association.type === "RESOURCE"
    ? endResource(context, share, association)
    : endPrincipal(context, share, association);
}

/** As `endAssociation`, of a resource: what was made with it stays. */
export function endResource(
  { tx, now }: OperationContext,
  share: ShareRef,
  association: ResourceAssociation,
): ResourceAssociation {
  const { arn } = association;
  const ended: ResourceAssociation = { ...association, status: "DISASSOCIATED", lastUpdatedAt: now.toISOString() };
  tx.put(resourceAssociationKey(share, arn), ended, shownUntil(now));
  const resource = parseLatticeArn(arn);
  if (resource === undefined) throw new Error(`\`${arn}\` is in a share and is no ARN`);
  tx.delete(shareGrantKey(resource, share.id));
  return ended;
}

/** As `endAssociation`, of a principal: an invitation that is not answered is taken back. */
export function endPrincipal(
  { tx, now }: OperationContext,
  share: ResourceShare,
  association: PrincipalAssociation,
): PrincipalAssociation {
  const { principal, status, invitation } = association;
  const ended: PrincipalAssociation = { ...association, status: "DISASSOCIATED", lastUpdatedAt: now.toISOString() };
  tx.put(principalAssociationKey(share, principal), ended, shownUntil(now));
  if (status === "ASSOCIATED") tx.delete(shareWithKey(share, principal));
  if (status === "ASSOCIATING" && invitation !== undefined) {
    tx.delete(invitationKey({ account: principal, region: share.region }, invitation.id));
  }
  return ended;
}

function shownUntil(now: Date): number {
  return Math.floor(now.getTime() / 1000) + endedSeconds;
}
