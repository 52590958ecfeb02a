import { owners, parseLatticeArn, type ResourceBase, resourcePolicyKey, type ServiceNetwork } from "@pergola/core";
import { compileSharingPolicy, PolicyError, type SharingAction } from "@pergola/iam";
import type { OperationContext } from "../operation.ts";
import type { ResourcePolicy } from "../resource-policies/put-resource-policy.ts";
import { callerPrincipal } from "./caller-principal.ts";
import { type Grant, grantPrefix } from "./grant.ts";
import { sharePolicyFor } from "./share-policy.ts";

/**
 * @returns whether the policy of a resource, or a resource share that has it, lets the caller do one of these things with it. A
 * network whose `sharingConfig` says no is shared with nobody.
 */
export async function isShared(
  context: OperationContext,
  resource: ResourceBase,
  actions: readonly SharingAction[],
): Promise<boolean> {
  const grants = await context.tx.page<Grant>(owners.sharedResources(resource.region), {
    prefix: grantPrefix(resource),
  });
  for (const { value } of grants.items) if (await grantAllows(context, value, resource, actions)) return true;
  return false;
}

/** @returns whether this one grant of a resource lets the caller do one of these things with it */
export async function grantAllows(
  context: OperationContext,
  grant: Grant,
  resource: ResourceBase,
  actions: readonly SharingAction[],
): Promise<boolean> {
  if ((resource as Partial<ServiceNetwork>).sharingConfig?.enabled === false) return false;
  const policy =
    grant.share === undefined
      ? (await context.tx.read<ResourcePolicy>(resourcePolicyKey(resource.id)))?.policy
      : await sharePolicyFor(context, grant.share, resource);
  return policy !== undefined && policyAllows(context, policy, resource.arn, actions);
}

/** A policy that cannot be read allows nothing. */
function policyAllows(
  context: OperationContext,
  text: string,
  resourceArn: string,
  actions: readonly SharingAction[],
): boolean {
  const caller = callerPrincipal(context);
  try {
    const policy = compileSharingPolicy(text, actions);
    return actions.some((action) => policy.decide({ caller, action, resourceArn, now: context.now }) === "Allow");
  } catch (error) {
    if (error instanceof PolicyError) return false;
    throw error;
  }
}

/** @returns account and region in the ARN of a resource that is stored, or of an association's side */
export function scopeOfArn(arn: string): { readonly account: string; readonly region: string } {
  const parsed = parseLatticeArn(arn);
  if (parsed === undefined) throw new Error(`\`${arn}\` is stored and is no ARN`);
  return { account: parsed.account, region: parsed.region };
}
