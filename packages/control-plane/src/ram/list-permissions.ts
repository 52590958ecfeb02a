import { integer, oneOf, required } from "../constraint.ts";
import { query } from "../operation.ts";
import { pageOf } from "../page.ts";
import { getActiveShare } from "./find-share.ts";
import { kindOfMember } from "./kind-of-member.ts";
import { managedPermissions, permissionVersion, permissionView, resourceTypes } from "./managed-permissions.ts";
import { arnMember, ramPaging, regionScope, resourceType, shareArnMember } from "./members.ts";
import { findShownPermission } from "./share-permission.ts";

const version = integer(1, 1_000_000);

/** ListPermissions: AWS's own; customers' cannot be made here. */
export const listPermissions = query(
  { ...ramPaging, resourceType, permissionType: oneOf("ALL", "AWS_MANAGED", "CUSTOMER_MANAGED") },
  async (input, { caller }) => {
    const kind = kindOfMember(input.resourceType);
    const shown = input.permissionType === "CUSTOMER_MANAGED" ? [] : Object.values(managedPermissions);
    const wanted = shown.filter((permission) => (kind ?? permission.kind) === permission.kind);
    const page = pageOf(
      "permissions",
      wanted.map((permission) => ({ id: permission.name, permission })),
      input,
    );
    const permissions = page.items.map(({ permission }) => permissionView(caller.region, permission));
    return { permissions, nextToken: page.nextToken };
  },
);

/** GetPermission: what it allows. */
export const getPermission = query(
  { permissionArn: required(arnMember), permissionVersion: version },
  async (input, { caller }) => {
    const permission = findShownPermission(caller.region, input.permissionArn, input.permissionVersion);
    return { permission: permissionView(caller.region, permission, true) };
  },
);

/** ListPermissionVersions: each has one. */
export const listPermissionVersions = query(
  { ...ramPaging, permissionArn: required(arnMember) },
  async (input, { caller }) => {
    const permission = findShownPermission(caller.region, input.permissionArn);
    const page = pageOf("permission-versions", [{ id: permissionVersion }], input);
    return {
      permissions: page.items.map(() => permissionView(caller.region, permission)),
      nextToken: page.nextToken,
    };
  },
);

/** ListResourceSharePermissions: one for each kind of resource that the share has had. */
export const listResourceSharePermissions = query(
  { ...ramPaging, resourceShareArn: required(shareArnMember) },
  async (input, context) => {
    const { share } = await getActiveShare(context, input.resourceShareArn);
    const arns = Object.values(share.permissions).map((arn) => ({ id: arn }));
    const page = pageOf("share-permissions", arns, input);
    const permissions = page.items.map(({ id }) => permissionView(share.region, findShownPermission(share.region, id)));
    return { permissions, nextToken: page.nextToken };
  },
);

/** ListResourceTypes: what can be shared. */
export const listResourceTypes = query({ ...ramPaging, resourceRegionScope: regionScope }, async (input) => {
  const types = input.resourceRegionScope === "GLOBAL" ? [] : Object.values(resourceTypes);
  const page = pageOf(
    "resource-types",
    types.map((id) => ({ id })),
    input,
  );
  const shown = page.items.map(({ id }) => ({
    resourceType: id,
    serviceName: "vpc-lattice",
    resourceRegionScope: "REGIONAL",
  }));
  return { resourceTypes: shown, nextToken: page.nextToken };
});
