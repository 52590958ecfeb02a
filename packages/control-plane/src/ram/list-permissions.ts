import { owners } from "@pergola/core";
import { flag, integer, oneOf, required } from "../constraint.ts";
import { type OperationContext, query } from "../operation.ts";
import { pageOf } from "../page.ts";
import { getActiveShare } from "./find-share.ts";
import { kindOfMember } from "./kind-of-member.ts";
import { arnMember, associationStatus, ramPaging, regionScope, resourceType, shareArnMember } from "./members.ts";
import {
  awsPermissions,
  findPermission,
  type Permission,
  type PermissionVersion,
  permissionView,
  resourceTypes,
  versionOf,
} from "./permission.ts";
import { RamError } from "./ram-error.ts";
import type { ResourceShare } from "./share.ts";
import { getPermissionOf } from "./share-permission.ts";
import { justBefore, pageOfWalk, shareIdOf, type Walk, walkOwner } from "./walk.ts";

const version = integer(1, 1_000_000);

/** ListPermissions: AWS's own and the caller's, by their default versions. */
export const listPermissions = query(
  { ...ramPaging, resourceType, permissionType: oneOf("ALL", "AWS_MANAGED", "CUSTOMER_MANAGED") },
  async (input, { tx, caller }) => {
    const kind = input.resourceType === undefined ? undefined : kindOfMember(input.resourceType);
    const own = await tx.all<Permission>(owners.sharePermissions(caller));
    const wanted = [...awsPermissions(caller.region), ...own].filter(
      (one) => (kind ?? one.kind) === one.kind && ["ALL", one.type].includes(input.permissionType ?? "ALL"),
    );
    const page = pageOf(
      "permissions",
      wanted.map((permission) => ({ id: permission.name, permission })),
      input,
    );
    const permissions = page.items.map(({ permission }) => permissionView(permission, shownVersion(permission)));
    return { permissions, nextToken: page.nextToken };
  },
);

/** GetPermission: what it allows. */
export const getPermission = query(
  { permissionArn: required(arnMember), permissionVersion: version },
  async (input, context) => {
    const permission = await getPermissionOf(context, input.permissionArn);
    return { permission: permissionView(permission, shownVersion(permission, input.permissionVersion), true) };
  },
);

/** ListPermissionVersions: in ascending order. */
export const listPermissionVersions = query(
  { ...ramPaging, permissionArn: required(arnMember) },
  async (input, context) => {
    const permission = await getPermissionOf(context, input.permissionArn);
    const versions = permission.versions.map((one) => ({ id: String(one.version).padStart(8, "0"), one }));
    const page = pageOf(`permission-versions/${permission.name}`, versions, input);
    return { permissions: page.items.map(({ one }) => permissionView(permission, one)), nextToken: page.nextToken };
  },
);

/** ListResourceSharePermissions: one for each kind of resource that the share has had. */
export const listResourceSharePermissions = query(
  { ...ramPaging, resourceShareArn: required(shareArnMember) },
  async (input, context) => {
    const { share } = await getActiveShare(context, input.resourceShareArn);
    const shown: { readonly id: string; readonly view: unknown }[] = [];
    for (const { arn, version: number } of Object.values(share.permissions)) {
      const permission = await findPermission({ read: (key) => context.tx.read(key) }, share, arn);
      const used = permission && versionOf(permission, number);
      if (permission && used) shown.push({ id: arn, view: permissionView(permission, used) });
    }
    const page = pageOf("share-permissions", shown, input);
    return { permissions: page.items.map(({ view }) => view), nextToken: page.nextToken };
  },
);

/** ListPermissionAssociations: which of the caller's shares have which permission. */
export const listPermissionAssociations = query(
  {
    ...ramPaging,
    permissionArn: arnMember,
    permissionVersion: version,
    associationStatus,
    resourceType,
    featureSet: oneOf("CREATED_FROM_POLICY", "PROMOTING_TO_STANDARD", "STANDARD"),
    defaultVersion: flag,
  },
  async (input, context) => {
    const kind = input.resourceType === undefined ? undefined : kindOfMember(input.resourceType);
    const walk = walkOwner<ResourceShare>(context, owners.resourceShares(context.caller));
    const page = await pageOfWalk("permission-associations", associationsOf(context, walk), input, (one) => {
      const { share, permission, number } = one;
      const isDefault = number === permission.defaultVersion;
      const isWanted =
        (input.permissionArn ?? permission.arn) === permission.arn &&
        (input.permissionVersion ?? number) === number &&
        (input.associationStatus ?? "ASSOCIATED") === "ASSOCIATED" &&
        (input.featureSet ?? "STANDARD") === "STANDARD" &&
        (kind ?? permission.kind) === permission.kind &&
        (input.defaultVersion !== true || isDefault);
      return isWanted ? associationView(share, permission, number) : undefined;
    });
    return { permissions: page.items, nextToken: page.nextToken };
  },
);

interface PermissionAssociation {
  readonly share: ResourceShare;
  readonly permission: Permission;
  readonly number: number;
}

function associationsOf({ tx }: OperationContext, shares: Walk<ResourceShare>): Walk<PermissionAssociation> {
  return async function* (after) {
    // Positions are `<share id>/<kind>`.
    for await (const { position: id, value: share } of shares(justBefore(shareIdOf(after)))) {
      if (share.status !== "ACTIVE") continue;
      for (const kind of ["rcfg", "sn", "svc"] as const) {
        const position = `${id}/${kind}`;
        const used = share.permissions[kind];
        if (position <= after || used === undefined) continue;
        const permission = await findPermission({ read: (key) => tx.read(key) }, share, used.arn);
        if (permission !== undefined) yield { position, value: { share, permission, number: used.version } };
      }
    }
  };
}

function associationView(share: ResourceShare, permission: Permission, number: number): Record<string, unknown> {
  return {
    arn: permission.arn,
    permissionVersion: String(number),
    defaultVersion: number === permission.defaultVersion,
    resourceType: resourceTypes[permission.kind],
    status: "ASSOCIATED",
    featureSet: "STANDARD",
    lastUpdatedTime: share.lastUpdatedAt,
    resourceShareArn: share.arn,
  };
}

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

/** @throws RamError UnknownResourceException for a version that it does not have */
function shownVersion(permission: Permission, number = permission.defaultVersion): PermissionVersion {
  const found = versionOf(permission, number);
  if (found !== undefined) return found;
  throw new RamError("UnknownResourceException", `Permission ${permission.arn} has no version ${number}.`);
}
