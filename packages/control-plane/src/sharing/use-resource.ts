import {
  type Key,
  LatticeError,
  parseLatticeArn,
  type ResourceBase,
  type ResourceConfiguration,
  type Service,
  type ServiceNetwork,
} from "@pergola/core";
import type { SharingAction } from "@pergola/iam";
import { getResourceConfiguration, getService, getServiceNetwork, ownerByPrefix } from "../locate.ts";
import type { OperationContext } from "../operation.ts";
import { isShared } from "./is-shared.ts";

interface Found<T> {
  readonly key: Key;
  readonly value: T;
}

/**
 * @param identifier id of the caller's own service, or ARN of any that the caller may use for one of the actions
 * @throws LatticeError ResourceNotFoundException, AccessDeniedException
 */
export async function useService(
  context: OperationContext,
  identifier: string,
  ...actions: readonly SharingAction[]
): Promise<Found<Service>> {
  return (await findShared<Service>(context, identifier, actions)) ?? getService(context, identifier);
}

/** As `useService`, of service networks. @throws LatticeError ResourceNotFoundException, AccessDeniedException */
export async function useServiceNetwork(
  context: OperationContext,
  identifier: string,
  ...actions: readonly SharingAction[]
): Promise<Found<ServiceNetwork>> {
  return (await findShared<ServiceNetwork>(context, identifier, actions)) ?? getServiceNetwork(context, identifier);
}

/** As `useService`, of resource configurations. @throws LatticeError ResourceNotFoundException, AccessDeniedException */
export async function useResourceConfiguration(
  context: OperationContext,
  identifier: string,
  ...actions: readonly SharingAction[]
): Promise<Found<ResourceConfiguration>> {
  const shared = await findShared<ResourceConfiguration>(context, identifier, actions);
  return shared ?? getResourceConfiguration(context, identifier);
}

/** @returns undefined for what is the caller's own */
async function findShared<T extends ResourceBase>(
  context: OperationContext,
  identifier: string,
  actions: readonly SharingAction[],
): Promise<Found<T> | undefined> {
  const { caller, tx } = context;
  const arn = parseLatticeArn(identifier);
  if (arn === undefined || arn.account === caller.account) return undefined;
  const ownerOf = ownerByPrefix[arn.prefix];
  if (ownerOf !== undefined && arn.region === caller.region) {
    const key = { owner: ownerOf(arn), id: arn.id };
    const value = await tx.get<T>(key);
    if (value?.arn === identifier && (await isShared(context, value, actions))) return { key, value };
  }
  // The same answer for what is not there: whether it is, is not the caller's to know.
  throw new LatticeError(
    "AccessDeniedException",
    `\`${identifier}\` belongs to another account and is not shared with ${caller.account} for ${actions[0]}`,
  );
}

/**
 * Two resources of other accounts cannot be joined. Source: VPC Lattice user guide, "Share your VPC Lattice entities", read 2026-11.
 * @throws LatticeError AccessDeniedException
 */
export function requireOneOwn({ caller }: OperationContext, a: ResourceBase, b: ResourceBase): void {
  if (a.account === caller.account || b.account === caller.account) return;
  throw new LatticeError(
    "AccessDeniedException",
    `\`${a.arn}\` and \`${b.arn}\` both belong to other accounts; one of the two must belong to ${caller.account}`,
  );
}
