import { invalidFields, resourcePolicyKey } from "@pergola/core";
import { required, text } from "../constraint.ts";
import { operation } from "../operation.ts";
import { type Grant, policyGrantKey } from "../sharing/grant.ts";
import { policyFaults } from "./policy-faults.ts";
import { getSharedResource, sharedResourceArn } from "./shared-resource.ts";

/** The text as it was put: clients compare it. */
export interface ResourcePolicy {
  readonly policy: string;
}

const policyText = text({
  min: 1,
  max: 10_000,
  // Source: PutResourcePolicy, API reference: "must not contain newlines or blank lines", read 2026-11.
  pattern: /^[^\r\n]*$/,
  form: "on one line",
});

/** PutResourcePolicy: sets or replaces the policy by which a resource is shared. */
export const putResourcePolicy = operation(
  { resourceArn: required(sharedResourceArn), policy: required(policyText) },
  async ({ resourceArn, policy }, context) => {
    const { kind, key, value } = await getSharedResource(context, resourceArn);
    const faults = policyFaults(policy, kind, value.arn);
    if (faults.length > 0) throw invalidFields(faults);
    const stored: ResourcePolicy = { policy };
    context.tx.put(resourcePolicyKey(value.id), stored);
    const grant: Grant = { arn: value.arn };
    context.tx.put(policyGrantKey(value), grant);
    // Rewritten so that its version moves: a racing deletion starts again and takes the policy with it.
    context.tx.put(key, value);
    return {};
  },
);
