import { randomUUID } from "node:crypto";
import { owners } from "@pergola/core";
import { integer, list, oneOf, required, text } from "../constraint.ts";
import { operation, query } from "../operation.ts";
import { arnMember, clientTokenMember, ramPaging } from "./members.ts";
import { RamError } from "./ram-error.ts";
import { endedSeconds, type ResourceShare } from "./share.ts";
import { getPermissionOf, takePermission } from "./share-permission.ts";
import { pageOfWalk, walkOwner } from "./walk.ts";

/** How many shares one transaction goes through: each is one write. */
const perTransaction = 80;

/** What has become of a replacement, as stored. */
interface PermissionWork {
  readonly id: string;
  readonly from: string;
  readonly fromVersion?: number;
  readonly to: string;
  readonly toVersion: number;
  readonly status: "IN_PROGRESS" | "COMPLETED";
  readonly createdAt: string;
  readonly lastUpdatedAt: string;
}

interface Progress {
  readonly after: string;
  readonly work: PermissionWork;
}

/**
 * ReplacePermissionAssociations: every share of the caller's that has one permission gets another one's default version, which may be
 * the same permission's. Cut off in between, the shares that have it keep it, and the replacement can be asked for again.
 */
export const replacePermissionAssociations = operation(
  {
    fromPermissionArn: required(arnMember),
    toPermissionArn: required(arnMember),
    fromPermissionVersion: integer(1, 1_000_000),
    clientToken: clientTokenMember,
  },
  async (input, context) => {
    const { tx, caller, now } = context;
    const { fromPermissionArn: from, fromPermissionVersion: fromVersion } = input;
    const { kind } = await getPermissionOf(context, from);
    const { kind: toKind, ref } = await takePermission(context, input.toPermissionArn);
    if (kind !== toKind) {
      const message = `\`${from}\` and \`${ref.arn}\` are for different types of resources`;
      throw new RamError("InvalidParameterException", message);
    }
    const lastUpdatedAt = now.toISOString();
    const progress = context.progress as Progress | undefined;
    const page = await tx.page<ResourceShare>(owners.resourceShares(caller), {
      after: progress?.after ?? "",
      limit: perTransaction,
    });
    for (const { owner, id } of page.items) {
      const share = await tx.get<ResourceShare>({ owner, id });
      const used = share?.permissions[kind];
      if (share?.status !== "ACTIVE" || used?.arn !== from || (fromVersion ?? used.version) !== used.version) continue;
      const changed: ResourceShare = { ...share, permissions: { ...share.permissions, [kind]: ref }, lastUpdatedAt };
      tx.put({ owner, id }, changed);
    }
    const begun: PermissionWork = progress?.work ?? {
      id: randomUUID(),
      from,
      ...(fromVersion === undefined ? {} : { fromVersion }),
      to: ref.arn,
      toVersion: ref.version,
      status: "IN_PROGRESS",
      createdAt: lastUpdatedAt,
      lastUpdatedAt,
    };
    const work: PermissionWork = { ...begun, status: page.more ? "IN_PROGRESS" : "COMPLETED", lastUpdatedAt };
    const expiresAt = Math.floor(now.getTime() / 1000) + endedSeconds;
    tx.put({ owner: owners.permissionWorks(caller), id: work.id }, work, expiresAt);
    const after = page.items.at(-1)?.id;
    if (page.more && after !== undefined) tx.continueAfterCommit({ after, work } satisfies Progress);
    return { replacePermissionAssociationsWork: workView(work), clientToken: input.clientToken };
  },
);

/** ListReplacePermissionAssociationsWork: those of the last two hours. */
export const listReplacePermissionAssociationsWork = query(
  {
    ...ramPaging,
    workIds: list(text({ min: 1, max: 100 }), 0, 100),
    status: oneOf("IN_PROGRESS", "COMPLETED", "FAILED"),
  },
  async (input, context) => {
    const walk = walkOwner<PermissionWork>(context, owners.permissionWorks(context.caller));
    const page = await pageOfWalk("permission-works", walk, input, (work) => {
      const isWanted =
        (input.workIds === undefined || input.workIds.includes(work.id)) &&
        (input.status ?? work.status) === work.status;
      return isWanted ? workView(work) : undefined;
    });
    return { replacePermissionAssociationsWorks: page.items, nextToken: page.nextToken };
  },
);

function workView({ id, from, fromVersion, to, toVersion, status, createdAt, lastUpdatedAt }: PermissionWork): unknown {
  return {
    id,
    fromPermissionArn: from,
    ...(fromVersion === undefined ? {} : { fromPermissionVersion: String(fromVersion) }),
    toPermissionArn: to,
    toPermissionVersion: String(toVersion),
    status,
    creationTime: createdAt,
    lastUpdatedTime: lastUpdatedAt,
  };
}
