import { randomUUID } from "node:crypto";
import type { OperationContext } from "../operation.ts";
import {
  invitationArn,
  invitationKey,
  type PrincipalAssociation,
  type ResourceShare,
  type ShareInvitation,
} from "./share.ts";

/** How long an account has to accept, in ms. Not verified against AWS, see docs/compatibility.md. */
const lifetimeMs = 12 * 3600 * 1000;
/** How long an invitation is shown at all, in seconds. */
const shownSeconds = 30 * 86_400;

/** Invites an account to a share. @returns what its association has of the invitation */
export function invite(
  { tx, now }: OperationContext,
  { id: shareId, arn, name, account, region }: ResourceShare,
  receiver: string,
): NonNullable<PrincipalAssociation["invitation"]> {
  const id = randomUUID();
  const expiresAt = new Date(now.getTime() + lifetimeMs).toISOString();
  const invitation: ShareInvitation = {
    id,
    arn: invitationArn({ account, region }, id),
    share: { id: shareId, arn, name, account, region },
    receiver,
    status: "PENDING",
    invitedAt: now.toISOString(),
    expiresAt,
  };
  tx.create(invitationKey({ account: receiver, region }, id), invitation, shownUntil(now));
  return { id, expiresAt };
}

/** @returns until when an invitation that is written now is shown, in epoch seconds */
export function shownUntil(now: Date): number {
  return Math.floor(now.getTime() / 1000) + shownSeconds;
}
