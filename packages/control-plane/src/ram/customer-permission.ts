import { owners } from "@pergola/core";
import { integer, required, text } from "../constraint.ts";
import { type OperationContext, operation } from "../operation.ts";
import { kindOfMember } from "./kind-of-member.ts";
import { arnMember, clientTokenMember, resourceType, tagList, tagsOf } from "./members.ts";
import {
  awsPermissions,
  customerPermissionArn,
  type Permission,
  type PermissionVersion,
  permissionKey,
  permissionView,
  versionOf,
} from "./permission.ts";
import { readTemplate } from "./permission-template.ts";
import { RamError } from "./ram-error.ts";
import type { ResourceShare } from "./share.ts";
import { requireTags } from "./share-tags.ts";

/** Both are Pergola's own choice: what AWS allows was not verified, see docs/compatibility.md. */
const maxPermissions = 10;
const maxVersions = 5;

const template = required(text({ min: 1, max: 10_000 }));
const version = required(integer(1, 1_000_000));

/** CreatePermission: its first version is the default one. */
export const createPermission = operation(
  {
    name: required(text({ min: 1, max: 36, pattern: /^[\w.-]+$/, form: "letters, digits and _ . -" })),
    resourceType: required(resourceType),
    policyTemplate: template,
    clientToken: clientTokenMember,
    tags: tagList,
  },
  async (input, context) => {
    const { tx, caller, now } = context;
    const kind = kindOfMember(input.resourceType);
    const tags = tagsOf(input.tags);
    requireTags(tags);
    const key = permissionKey(caller, input.name);
    const isTaken = (await tx.get(key)) !== undefined;
    if (isTaken || awsPermissions(caller.region).some(({ name }) => name === input.name)) {
      throw new RamError("PermissionAlreadyExistsException", `a permission with the name \`${input.name}\` exists`);
    }
    const { items } = await tx.page(owners.sharePermissions(caller), { limit: maxPermissions });
    if (items.length === maxPermissions) {
      const message = `there are ${maxPermissions} permissions in ${caller.region}; delete one first`;
      throw new RamError("PermissionLimitExceededException", message);
    }
    const createdAt = now.toISOString();
    const first: PermissionVersion = { version: 1, ...readTemplate(kind, input.policyTemplate), createdAt };
    const permission: Permission = {
      arn: customerPermissionArn(caller, input.name),
      name: input.name,
      kind,
      type: "CUSTOMER_MANAGED",
      defaultVersion: 1,
      versions: [first],
      nextVersion: 2,
      tags,
      createdAt,
      lastUpdatedAt: createdAt,
    };
    tx.create(key, permission);
    return { permission: permissionView(permission, first), clientToken: input.clientToken };
  },
);

/** CreatePermissionVersion: the new version is the default one; shares keep theirs. */
export const createPermissionVersion = operation(
  { permissionArn: required(arnMember), policyTemplate: template, clientToken: clientTokenMember },
  async (input, context) => {
    const permission = await getOwnPermission(context, input.permissionArn);
    if (permission.versions.length === maxVersions) {
      const message = `\`${permission.arn}\` has ${maxVersions} versions; delete one first`;
      throw new RamError("PermissionVersionsLimitExceededException", message);
    }
    const added: PermissionVersion = {
      version: permission.nextVersion,
      ...readTemplate(permission.kind, input.policyTemplate),
      createdAt: context.now.toISOString(),
    };
    const changed = put(context, {
      ...permission,
      versions: [...permission.versions, added],
      nextVersion: added.version + 1,
      defaultVersion: added.version,
    });
    return { permission: permissionView(changed, added, true), clientToken: input.clientToken };
  },
);

/** SetDefaultPermissionVersion: for shares that get the permission from now on. */
export const setDefaultPermissionVersion = operation(
  { permissionArn: required(arnMember), permissionVersion: version, clientToken: clientTokenMember },
  async (input, context) => {
    const permission = await getOwnPermission(context, input.permissionArn);
    requireVersion(permission, input.permissionVersion);
    put(context, { ...permission, defaultVersion: input.permissionVersion });
    return { returnValue: true, clientToken: input.clientToken };
  },
);

/** DeletePermissionVersion: one that is neither the default nor any share's. */
export const deletePermissionVersion = operation(
  { permissionArn: required(arnMember), permissionVersion: version, clientToken: clientTokenMember },
  async (input, context) => {
    const permission = await getOwnPermission(context, input.permissionArn);
    requireVersion(permission, input.permissionVersion);
    if (permission.defaultVersion === input.permissionVersion) {
      const message = `version ${input.permissionVersion} of \`${permission.arn}\` is the default; set another one first`;
      throw new RamError("OperationNotPermittedException", message);
    }
    await requireUnused(context, permission, input.permissionVersion);
    put(context, {
      ...permission,
      versions: permission.versions.filter((one) => one.version !== input.permissionVersion),
    });
    return { returnValue: true, clientToken: input.clientToken, permissionStatus: "DELETED" };
  },
);

/** DeletePermission: one that no share has. */
export const deletePermission = operation(
  { permissionArn: required(arnMember), clientToken: clientTokenMember },
  async (input, context) => {
    const permission = await getOwnPermission(context, input.permissionArn);
    await requireUnused(context, permission);
    context.tx.delete(permissionKey(context.caller, permission.name));
    return { returnValue: true, clientToken: input.clientToken, permissionStatus: "DELETED" };
  },
);

/**
 * @throws RamError UnknownResourceException for one that is not there or another account's, OperationNotPermittedException for AWS's
 * own
 */
export async function getOwnPermission({ tx, caller }: OperationContext, arn: string): Promise<Permission> {
  if (awsPermissions(caller.region).some((own) => own.arn === arn)) {
    throw new RamError("OperationNotPermittedException", `\`${arn}\` is AWS's own, and stays as it is`);
  }
  const name = arn.slice(arn.lastIndexOf("/") + 1);
  const permission =
    arn === customerPermissionArn(caller, name) ? await tx.get<Permission>(permissionKey(caller, name)) : undefined;
  if (permission === undefined) throw new RamError("UnknownResourceException", `Permission ${arn} could not be found.`);
  return permission;
}

function requireVersion(permission: Permission, number: number): void {
  if (versionOf(permission, number) !== undefined) return;
  throw new RamError("UnknownResourceException", `Permission ${permission.arn} has no version ${number}.`);
}

function put({ tx, caller, now }: OperationContext, permission: Permission): Permission {
  const changed: Permission = { ...permission, lastUpdatedAt: now.toISOString() };
  tx.put(permissionKey(caller, permission.name), changed);
  return changed;
}

/** Whoever gives a share a permission rewrites the permission: one that comes after this makes the deletion start again. */
async function requireUnused(context: OperationContext, { arn, kind }: Permission, number?: number): Promise<void> {
  const { items } = await context.tx.page<ResourceShare>(owners.resourceShares(context.caller), { limit: 1000 });
  const user = items.find(({ value }) => {
    const used = value.permissions[kind];
    return value.status === "ACTIVE" && used?.arn === arn && (number ?? used.version) === used.version;
  });
  if (user === undefined) return;
  const message = `\`${arn}\` is the permission of share \`${user.value.arn}\`; give that another one first`;
  throw new RamError("OperationNotPermittedException", message);
}
