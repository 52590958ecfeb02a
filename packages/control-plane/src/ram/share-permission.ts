import { owners } from "@pergola/core";
import { flag, integer, required } from "../constraint.ts";
import { type OperationContext, operation } from "../operation.ts";
import type { SharedKind } from "../resource-policies/shared-resource.ts";
import { getActiveShare } from "./find-share.ts";
import { arnMember, clientTokenMember, shareArnMember } from "./members.ts";
import { findPermission, type Permission, type PermissionRef, permissionKey } from "./permission.ts";
import { RamError } from "./ram-error.ts";
import type { ResourceAssociation, ResourceShare } from "./share.ts";

/**
 * @returns a permission that the caller can give its shares: AWS's or its own
 * @throws RamError UnknownResourceException
 */
export async function getPermissionOf({ tx, caller }: OperationContext, arn: string): Promise<Permission> {
  const permission = await findPermission({ read: (key) => tx.get(key) }, caller, arn);
  if (permission !== undefined) return permission;
  throw new RamError("UnknownResourceException", `Permission ${arn} could not be found.`);
}

/**
 * @param version only the default one can be given; it is taken when none is named
 * @returns what a share is to have
 * @throws RamError UnknownResourceException, InvalidParameterException
 */
export async function takePermission(
  context: OperationContext,
  arn: string,
  version?: number,
): Promise<{ readonly kind: SharedKind; readonly ref: PermissionRef }> {
  const permission = await getPermissionOf(context, arn);
  const { kind, defaultVersion, type, name } = permission;
  if (version !== undefined && version !== defaultVersion) {
    const message = `permissionVersion: must be the default version, ${defaultVersion}, or left out`;
    throw new RamError("InvalidParameterException", message);
  }
  // Rewritten so that its version moves: a racing deletion of the permission starts again.
  if (type === "CUSTOMER_MANAGED") context.tx.put(permissionKey(context.caller, name), permission);
  return { kind, ref: { arn, version: defaultVersion } };
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
    const { tx, now } = context;
    const { key, share } = await getActiveShare(context, input.resourceShareArn);
    const { kind, ref } = await takePermission(context, input.permissionArn, input.permissionVersion);
    const present = share.permissions[kind];
    if (present !== undefined && input.replace !== true) {
      const message = `\`${share.arn}\` has \`${present.arn}\` for resources of this type; set \`replace\` to change it`;
      throw new RamError("InvalidParameterException", message);
    }
    const permissions = { ...share.permissions, [kind]: ref };
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
    const { kind } = await getPermissionOf(context, input.permissionArn);
    if (share.permissions[kind]?.arn !== input.permissionArn) {
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
