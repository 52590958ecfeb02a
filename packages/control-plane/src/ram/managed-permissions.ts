import { partitionOf } from "@pergola/core";
import type { SharingAction } from "@pergola/iam";
import { sharedActions } from "../resource-policies/shared-actions.ts";
import type { SharedKind } from "../resource-policies/shared-resource.ts";

/** What a share lets its principals do with its resources of one kind. */
export interface ManagedPermission {
  readonly name: string;
  readonly kind: SharedKind;
  readonly actions: readonly SharingAction[];
}

/**
 * AWS's own permissions for VPC Lattice, one for each kind and its default. Source of the names: VPC Lattice user guide and EventBridge
 * user guide, read 2026-11. What they allow is not published: here it is all that a resource policy may allow.
 */
export const managedPermissions: Readonly<Record<SharedKind, ManagedPermission>> = {
  sn: { name: "AWSRAMPermissionVpcLatticeServiceNetworkReadWrite", kind: "sn", actions: sharedActions.sn },
  svc: { name: "AWSRAMPermissionVpcLatticeServiceReadWrite", kind: "svc", actions: sharedActions.svc },
  rcfg: { name: "AWSRAMPermissionVpcLatticeResourceConfiguration", kind: "rcfg", actions: sharedActions.rcfg },
};

/** The only version of each. */
export const permissionVersion = "1";

/** Since when there has been sharing of VPC Lattice's resources: its launch, and that of resource configurations. */
const since: Readonly<Record<SharedKind, string>> = {
  sn: "2023-03-31T00:00:00.000Z",
  svc: "2023-03-31T00:00:00.000Z",
  rcfg: "2024-12-01T00:00:00.000Z",
};

/** Source: AWS RAM user guide, "Shareable AWS resources", read 2026-11. */
export const resourceTypes: Readonly<Record<SharedKind, string>> = {
  sn: "vpc-lattice:ServiceNetwork",
  svc: "vpc-lattice:Service",
  rcfg: "vpc-lattice:ResourceConfiguration",
};

/** @returns the ARN of a permission in a region's partition */
export function permissionArn(region: string, { name }: ManagedPermission): string {
  return `arn:${partitionOf(region)}:ram::aws:permission/${name}`;
}

/** @returns the permission with this ARN, or undefined */
export function findPermission(region: string, arn: string): ManagedPermission | undefined {
  return Object.values(managedPermissions).find((permission) => permissionArn(region, permission) === arn);
}

/** @returns the kind of a resource type, whose case does not count, or undefined when it is none of VPC Lattice's */
export function kindOfType(type: string): SharedKind | undefined {
  const kinds = Object.keys(resourceTypes) as SharedKind[];
  return kinds.find((kind) => resourceTypes[kind].toLowerCase() === type.toLowerCase());
}

/** @returns a permission as the API shows it; `permission`, its policy without principal and resource, where it is asked for alone */
export function permissionView(region: string, permission: ManagedPermission, whole = false): Record<string, unknown> {
  const { name, kind, actions } = permission;
  return {
    arn: permissionArn(region, permission),
    version: permissionVersion,
    defaultVersion: true,
    name,
    resourceType: resourceTypes[kind],
    status: "ATTACHABLE",
    creationTime: since[kind],
    lastUpdatedTime: since[kind],
    isResourceTypeDefault: true,
    permissionType: "AWS_MANAGED",
    featureSet: "STANDARD",
    ...(whole ? { permission: JSON.stringify({ Effect: "Allow", Action: actions }) } : {}),
  };
}
