import { randomUUID } from "node:crypto";
import { owners } from "@pergola/core";
import { flag, list, required, struct } from "../constraint.ts";
import { type OperationContext, operation } from "../operation.ts";
import type { SharedKind } from "../resource-policies/shared-resource.ts";
import { addToShare } from "./add-to-share.ts";
import {
  arnMember,
  clientTokenMember,
  principalMember,
  principals,
  resourceArns,
  shareName,
  tagList,
  tagsOf,
} from "./members.ts";
import type { PermissionRef } from "./permission.ts";
import { RamError } from "./ram-error.ts";
import { type ResourceShare, shareArn, shareKey } from "./share.ts";
import { takePermission } from "./share-permission.ts";
import { requireTags } from "./share-tags.ts";
import { refuseSources } from "./sources.ts";
import { shareView } from "./views.ts";

/** How many there may be in an account and region, those deleted in the last two hours included. RAM's own quota is 5,000. */
const maxShares = 1000;

/** CreateResourceShare: a share with its first resources and principals, all or nothing. */
export const createResourceShare = operation(
  {
    name: required(shareName),
    resourceArns,
    principals,
    tags: tagList,
    allowExternalPrincipals: flag,
    clientToken: clientTokenMember,
    permissionArns: list(arnMember, 0, 100),
    sources: list(principalMember, 0, 100),
    resourceShareConfiguration: struct({ retainSharingOnAccountLeaveOrganization: flag }),
  },
  async (input, context) => {
    const { tx, now, caller } = context;
    refuseSources(input.sources);
    const tags = tagsOf(input.tags);
    requireTags(tags);
    await requireRoom(context);
    const id = randomUUID();
    const time = now.toISOString();
    const { retainSharingOnAccountLeaveOrganization: retain } = input.resourceShareConfiguration ?? {};
    const empty: ResourceShare = {
      id,
      arn: shareArn(caller, id),
      name: input.name,
      account: caller.account,
      region: caller.region,
      allowExternalPrincipals: input.allowExternalPrincipals ?? true,
      ...(retain === undefined ? {} : { retainOnLeave: retain }),
      status: "ACTIVE",
      permissions: await permissionsOf(context, input.permissionArns ?? []),
      tags,
      createdAt: time,
      lastUpdatedAt: time,
    };
    const { share } = await addToShare(context, empty, input);
    tx.create(shareKey(caller, id), share);
    return { resourceShare: shareView(context, share), clientToken: input.clientToken };
  },
);

async function requireRoom({ caller, tx }: OperationContext): Promise<void> {
  const { items } = await tx.page(owners.resourceShares(caller), { limit: maxShares });
  if (items.length < maxShares) return;
  const message = `there are ${maxShares} resource shares in ${caller.region}; delete some first`;
  throw new RamError("ResourceShareLimitExceededException", message);
}

/** @throws RamError UnknownResourceException, InvalidParameterException for two permissions for one kind of resource */
async function permissionsOf(
  context: OperationContext,
  arns: readonly string[],
): Promise<Readonly<Partial<Record<SharedKind, PermissionRef>>>> {
  const permissions: Partial<Record<SharedKind, PermissionRef>> = {};
  for (const arn of new Set(arns)) {
    const { kind, ref } = await takePermission(context, arn);
    if (permissions[kind] !== undefined) {
      const message = `permissionArns: \`${arn}\` and \`${permissions[kind].arn}\` are for the same type of resource; name one`;
      throw new RamError("InvalidParameterException", message);
    }
    permissions[kind] = ref;
  }
  return permissions;
}
