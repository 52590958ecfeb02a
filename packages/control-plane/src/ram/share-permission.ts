import { owners } from "@pergola/core";
import { flag, integer, required } from "../constraint.ts";
import { operation } from "../operation.ts";
import { getActiveShare } from "./find-share.ts";
import { findPermission, type ManagedPermission, permissionVersion } from "./managed-permissions.ts";
import { arnMember, clientTokenMember, shareArnMember } from "./members.ts";
import { RamError } from "./ram-error.ts";
import type { ResourceAssociation, ResourceShare } from "./share.ts";

/** @throws RamError UnknownResourceException for an ARN or version that is not there */
export function findShownPermission(region: string, arn: string, version?: number): ManagedPermission {
  const permission = findPermission(region, arn);
  if (permission === undefined) throw new RamError("UnknownResourceException", `Permission ${arn} could not be found.`);
  if (version !== undefined && String(version) !== permissionVersion) {
    throw new RamError("UnknownResourceException", `Permission ${arn} has no version ${version}.`);
  }
  return permission;
}

/** AssociateResourceSharePermission: for the first resources of a kind, or in place of the one that there is. */
export const associateResourceSharePermission = operation(
  {
    resourceShareArn: required(shareArnMember),
    permissionArn: required(arnMember),
    replace: flag,
    clientToken: clientTokenMember,
    permissionVersion: integer(1, 1_000_000),
  },
  async (input, context) => {
    const { tx, caller, now } = context;
    const { key, share } = await getActiveShare(context, input.resourceShareArn);
    const { kind } = findShownPermission(caller.region, input.permissionArn, input.permissionVersion);
    if (share.permissions[kind] !== undefined && input.replace !== true) {
      const message = `\`${share.arn}\` has \`${share.permissions[kind]}\` for resources of this type; set \`replace\` to change it`;
      throw new RamError("InvalidParameterException", message);
    }
    const permissions = { ...share.permissions, [kind]: input.permissionArn };
    const changed: ResourceShare = { ...share, permissions, lastUpdatedAt: now.toISOString() };
    tx.put(key, changed);
    return { returnValue: true, clientToken: input.clientToken };
  },
);

/** DisassociateResourceSharePermission: of a kind that the share has no resources of. */
export const disassociateResourceSharePermission = operation(
  { resourceShareArn: required(shareArnMember), permissionArn: required(arnMember), clientToken: clientTokenMember },
  async (input, context) => {
    const { tx, now } = context;
    const { key, share } = await getActiveShare(context, input.resourceShareArn);
    const { kind } = findShownPermission(share.region, input.permissionArn);
    if (share.permissions[kind] !== input.permissionArn) {
      const message = `\`${input.permissionArn}\` is not associated with \`${share.arn}\``;
      throw new RamError("UnknownResourceException", message);
    }
    const { items } = await tx.page<ResourceAssociation>(owners.shareAssociations(share), {
      prefix: `${share.id}/resource/`,
      limit: 1000,
    });
    const user = items.find(({ value }) => value.kind === kind && value.status === "ASSOCIATED");
    if (user !== undefined) {
      const message = `\`${user.value.arn}\` is shared by this permission; take it out of the share first`;
      throw new RamError("InvalidStateTransitionException", message);
    }
    const { [kind]: _, ...permissions } = share.permissions;
    const changed: ResourceShare = { ...share, permissions, lastUpdatedAt: now.toISOString() };
    tx.put(key, changed);
    return { returnValue: true, clientToken: input.clientToken };
  },
);
