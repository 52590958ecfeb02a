import { parseLatticeArn, type ResourceBase, resourcePolicyKey, type ServiceNetwork } from "@pergola/core";
import { compileSharingPolicy, PolicyError, type SharingAction } from "@pergola/iam";
import type { OperationContext } from "../operation.ts";
import type { ResourcePolicy } from "../resource-policies/put-resource-policy.ts";
import { callerPrincipal } from "./caller-principal.ts";

/**
 * @returns whether the policy of a resource lets the caller do one of these things with it. A network whose `sharingConfig` says no is
 * shared with nobody.
 */
export async function isShared(
  context: OperationContext,
  resource: ResourceBase,
  actions: readonly SharingAction[],
): Promise<boolean> {
  if ((resource as Partial<ServiceNetwork>).sharingConfig?.enabled === false) return false;
  const stored = await context.tx.read<ResourcePolicy>(resourcePolicyKey(resource.id));
  return stored !== undefined && policyAllows(context, stored.policy, resource.arn, actions);
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
