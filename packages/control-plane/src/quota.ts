import { type ErrorResourceType, type Key, LatticeError, owners } from "@pergola/core";
import type { ControlPlaneSettings, OperationContext } from "./operation.ts";

/** How many of something there may be. */
export interface Quota {
  readonly code: string;
  /** AWS's own. */
  readonly standard: number;
  /** What is counted and within what, as messages say it. */
  readonly what: string;
  /** The most that a deployment can allow, where there is a bound. */
  readonly most?: number;
}

/**
 * Every quota that counts resources. Source: VPC Lattice user guide, "Quotas", read 2026-11. Fixed limits of the API's model
 * (security groups, targets of an action) are constraints of the operations instead.
 */
export const quotas = {
  serviceNetworks: { code: "L-9CAD07FB", standard: 50, what: "service networks in a region" },
  services: { code: "L-620C821E", standard: 2000, what: "services in a region" },
  targetGroups: { code: "L-BB11C6B9", standard: 500, what: "target groups in a region" },
  listeners: { code: "L-D64E952E", standard: 2, what: "listeners of a service" },
  rules: { code: "L-CF78395E", standard: 10, what: "rules of a listener, the default rule not counted" },
  targetGroupsOfService: { code: "L-3DEC3B9F", standard: 10, what: "target groups of a service" },
  targets: { code: "L-D71303F3", standard: 1000, what: "targets of a target group, draining ones included" },
  serviceAssociations: { code: "L-75D4A19E", standard: 500, what: "services of a service network" },
  vpcAssociations: { code: "L-EF6E2D62", standard: 500, what: "VPCs of a service network" },
  resourceAssociations: { code: "L-6095700C", standard: 500, what: "resource configurations of a service network" },
  resourceConfigurations: { code: "L-5FF8F9B9", standard: 2000, what: "resource configurations in a region" },
  // A group comes into a network together with its children, in one transaction of at most 100 writes.
  children: { code: "L-9BC96FEF", standard: 60, what: "children of a group resource configuration", most: 80 },
  resourceGateways: { code: "L-0DCA4434", standard: 500, what: "resource gateways of a VPC" },
  domainVerifications: { code: "L-73D0F278", standard: 5, what: "domain verifications in a region" },
} as const satisfies Record<string, Quota>;

/** @returns how many there may be in this deployment */
export function quotaLimit({ quotas: own }: ControlPlaneSettings, quota: Quota): number {
  return own?.[quota.code] ?? quota.standard;
}

/**
 * @param count how many there would be with the request granted
 * @param type what the request would make; `resourceId` the resource that would have too many, where it is not the account
 * @throws LatticeError ServiceQuotaExceededException
 */
export function requireQuota(
  { settings }: Pick<OperationContext, "settings">,
  quota: Quota,
  count: number,
  type: ErrorResourceType,
  resourceId?: string,
): void {
  const limit = quotaLimit(settings, quota);
  if (count <= limit) return;
  throw new LatticeError(
    "ServiceQuotaExceededException",
    `${resourceId === undefined ? "" : `${resourceId}: `}${count} ${quota.what} would exceed quota ${quota.code}, which is ${limit}`,
    {
      ...(resourceId === undefined ? {} : { resourceId }),
      resourceType: type,
      serviceCode: "vpc-lattice",
      quotaCode: quota.code,
    },
  );
}

/** What is counted in an item of its own: nothing that a request reads anyway says how many there are. */
export type CountedQuota =
  | "serviceNetworks"
  | "services"
  | "targetGroups"
  | "resourceConfigurations"
  | "resourceGateways"
  | "domainVerifications";

/**
 * Counts a resource that is about to be created; call before its item is written. Two requests cannot both take the last place: the
 * count is an item like any other. A store from before quotas has no count, and what is there is counted once.
 * @param existing counts what is there
 * @param within the VPC of a gateway; default the caller's account and region
 * @throws LatticeError ServiceQuotaExceededException
 */
export async function countNew(
  context: OperationContext,
  name: CountedQuota,
  type: ErrorResourceType,
  existing: () => Promise<number>,
  within?: string,
): Promise<void> {
  const key = countKey(context, name, within);
  const stored = await context.tx.get<{ count: number }>(key);
  const count = (stored?.count ?? (await existing())) + 1;
  requireQuota(context, quotas[name], count, type, within);
  context.tx.put(key, { count });
}

/** Counts a resource that is being deleted, which `countNew` or the first count after it has counted. */
export async function countGone(context: OperationContext, name: CountedQuota, within?: string): Promise<void> {
  const key = countKey(context, name, within);
  const stored = await context.tx.get<{ count: number }>(key);
  if (stored !== undefined) context.tx.put(key, { count: stored.count - 1 });
}

function countKey({ caller }: OperationContext, name: CountedQuota, within?: string): Key {
  return { owner: owners.counts(caller), id: within === undefined ? name : `${name}/${within}` };
}
