import { type Key, owners, partitionOf, type Scope } from "@pergola/core";
import { sharedActions } from "../resource-policies/shared-actions.ts";
import type { SharedKind } from "../resource-policies/shared-resource.ts";

/** What a share lets its principals do with its resources of one kind; a share has one version of one permission for each kind. */
export interface Permission {
  readonly arn: string;
  readonly name: string;
  readonly kind: SharedKind;
  readonly type: "AWS_MANAGED" | "CUSTOMER_MANAGED";
  readonly defaultVersion: number;
  /** In ascending order; at least one. */
  readonly versions: readonly PermissionVersion[];
  /** Numbers are not used again. */
  readonly nextVersion: number;
  readonly tags: Readonly<Record<string, string>>;
  /** ISO 8601. */
  readonly createdAt: string;
  readonly lastUpdatedAt: string;
}

export interface PermissionVersion {
  readonly version: number;
  /** As it was given: a statement without principal and resource. */
  readonly template: string;
  readonly actions: readonly string[];
  readonly condition?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly createdAt: string;
}

/** The permission that a share has for a kind of resource. */
export interface PermissionRef {
  readonly arn: string;
  readonly version: number;
}

/** Source: AWS RAM user guide, "Shareable AWS resources", read 2026-11. */
export const resourceTypes: Readonly<Record<SharedKind, string>> = {
  sn: "vpc-lattice:ServiceNetwork",
  svc: "vpc-lattice:Service",
  rcfg: "vpc-lattice:ResourceConfiguration",
};

/** @returns the kind of a resource type, whose case does not count, or undefined when it is none of VPC Lattice's */
export function kindOfType(type: string): SharedKind | undefined {
  const kinds = Object.keys(resourceTypes) as SharedKind[];
  return kinds.find((kind) => resourceTypes[kind].toLowerCase() === type.toLowerCase());
}

/** That of services follows the pattern of the others: we found it in no documentation, see docs/compatibility.md. */
const awsNames: Readonly<Record<SharedKind, string>> = {
  sn: "AWSRAMPermissionVpcLatticeServiceNetworkReadWrite",
  svc: "AWSRAMPermissionVpcLatticeServiceReadWrite",
  rcfg: "AWSRAMPermissionVpcLatticeResourceConfiguration",
};

/** Since when there has been sharing of VPC Lattice's resources: its launch, and that of resource configurations. */
const since: Readonly<Record<SharedKind, string>> = {
  sn: "2023-03-31T00:00:00.000Z",
  svc: "2023-03-31T00:00:00.000Z",
  rcfg: "2024-12-01T00:00:00.000Z",
};

/**
 * @returns AWS's own permission for a kind, its default. What it allows is not published: here it is all that a resource policy may
 * allow
 */
export function awsPermission(region: string, kind: SharedKind): Permission {
  const [name, actions, createdAt] = [awsNames[kind], sharedActions[kind], since[kind]];
  const template = JSON.stringify({ Effect: "Allow", Action: actions });
  return {
    arn: `arn:${partitionOf(region)}:ram::aws:permission/${name}`,
    name,
    kind,
    type: "AWS_MANAGED",
    defaultVersion: 1,
    versions: [{ version: 1, template, actions, createdAt }],
    nextVersion: 2,
    tags: {},
    createdAt,
    lastUpdatedAt: createdAt,
  };
}

/** @returns AWS's own permissions, in order of their names */
export function awsPermissions(region: string): readonly Permission[] {
  return (["rcfg", "sn", "svc"] as const).map((kind) => awsPermission(region, kind));
}

/** @returns where a customer's permission is */
export function permissionKey(scope: Scope, name: string): Key {
  return { owner: owners.sharePermissions(scope), id: name };
}

/** @returns the ARN of a customer's permission */
export function customerPermissionArn({ account, region }: Scope, name: string): string {
  return `arn:${partitionOf(region)}:ram:${region}:${account}:permission/${name}`;
}

/**
 * @param read how a customer's permission is read: whether or not it must still be so at the commit
 * @param scope whose permissions there are beside AWS's own
 * @returns the permission with this ARN, or undefined
 */
export async function findPermission(
  { read }: { read(key: Key): Promise<Permission | undefined> },
  scope: Scope,
  arn: string,
): Promise<Permission | undefined> {
  const own = awsPermissions(scope.region).find((permission) => permission.arn === arn);
  if (own !== undefined) return own;
  const name = arn.slice(arn.lastIndexOf("/") + 1);
  if (arn !== customerPermissionArn(scope, name)) return undefined;
  return read(permissionKey(scope, name));
}

/** @returns a version of a permission, or undefined when it has none with this number */
export function versionOf({ versions }: Permission, number: number): PermissionVersion | undefined {
  return versions.find(({ version }) => version === number);
}

/** @returns a version of a permission as the API shows it; `permission`, its template, where it is asked for alone */
export function permissionView(
  permission: Permission,
  { version, template, createdAt }: PermissionVersion,
  whole = false,
): Record<string, unknown> {
  const { arn, name, kind, type, defaultVersion, lastUpdatedAt, tags } = permission;
  const isOurs = type === "CUSTOMER_MANAGED";
  return {
    arn,
    version: String(version),
    defaultVersion: version === defaultVersion,
    name,
    resourceType: resourceTypes[kind],
    status: "ATTACHABLE",
    creationTime: createdAt,
    lastUpdatedTime: lastUpdatedAt,
    isResourceTypeDefault: !isOurs,
    permissionType: type,
    featureSet: "STANDARD",
    ...(isOurs ? { tags: Object.entries(tags).map(([key, value]) => ({ key, value })) } : {}),
    ...(whole ? { permission: template } : {}),
  };
}
