import { owners } from "@pergola/core";
import { required } from "../constraint.ts";
import { operation } from "../operation.ts";
import { getOwnShare } from "./find-share.ts";
import { clientTokenMember, shareArnMember } from "./members.ts";
import { endAssociation } from "./remove-from-share.ts";
import { endedSeconds, type ResourceShare, type ShareAssociation } from "./share.ts";

/** How many associations one transaction ends, of up to three writes each. */
const perTransaction = 25;

/**
 * DeleteResourceShare: shares nothing from its first transaction on, and is shown as DELETED for a while. Associations that were made
 * with its resources stay. Cut off in between, it stays DELETING, and deleting it again finishes the work.
 */
export const deleteResourceShare = operation(
  { resourceShareArn: required(shareArnMember), clientToken: clientTokenMember },
  async (input, context) => {
    const { tx, now, progress } = context;
    const { key, share } = await getOwnShare(context, input.resourceShareArn);
    const page = await tx.page<ShareAssociation>(owners.shareAssociations(share), {
      prefix: `${share.id}/`,
      after: typeof progress === "string" ? progress : "",
      limit: perTransaction,
    });
    for (const { owner, id } of page.items) {
      const association = await tx.get<ShareAssociation>({ owner, id });
      if (association !== undefined && association.status !== "DISASSOCIATED")
        endAssociation(context, share, association);
    }
    const answer = { returnValue: true, clientToken: input.clientToken };
    const lastUpdatedAt = now.toISOString();
    if (page.more) {
      const deleting: ResourceShare = { ...share, status: "DELETING", lastUpdatedAt };
      tx.put(key, deleting);
      tx.continueAfterCommit(page.items.at(-1)?.id);
      return answer;
    }
    const deleted: ResourceShare = { ...share, status: "DELETED", lastUpdatedAt };
    tx.put(key, deleted, Math.floor(now.getTime() / 1000) + endedSeconds);
    return answer;
  },
);
