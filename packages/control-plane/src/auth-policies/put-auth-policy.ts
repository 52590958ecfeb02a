import { type AuthPolicy, authPolicyKey, invalidFields } from "@pergola/core";
import { normaliseAuthPolicy, PolicyError } from "@pergola/iam";
import { required, text } from "../constraint.ts";
import { policyResourceIdentifier } from "../field-constraints.ts";
import { operation } from "../operation.ts";
import { getServiceOrNetwork, touchServiceOrNetwork } from "../service-or-network.ts";
import { policyState, readPolicy } from "./policy-state.ts";

/** PutAuthPolicy: sets or replaces the policy of a service or network; the answer has it in its normal form. */
export const putAuthPolicy = operation(
  { resourceIdentifier: required(policyResourceIdentifier), policy: required(text({ max: 36_864 })) },
  async (input, context) => {
    const resource = await getServiceOrNetwork(context, input.resourceIdentifier);
    const { id } = resource.value;
    const before = await readPolicy(context, resource);
    const time = context.now.toISOString();
    const policy: AuthPolicy = {
      resourceId: id,
      policy: normalised(input.policy),
      createdAt: before?.createdAt ?? time,
      lastUpdatedAt: time,
    };
    context.tx.put(authPolicyKey(id), policy);
    touchServiceOrNetwork(context, resource.value, id);
    return { policy: policy.policy, state: policyState(resource) };
  },
);

/** A bad policy may have hundreds of findings; an answer that anyone reads has a few. */
const maxFieldErrors = 20;

function normalised(policy: string): string {
  try {
    return normaliseAuthPolicy(policy);
  } catch (error) {
    if (!(error instanceof PolicyError)) throw error;
    const errors = error.findings.filter(({ severity }) => severity === "error").slice(0, maxFieldErrors);
    throw invalidFields(
      errors.map(({ path, message }) => ({ name: path === "" ? "policy" : `policy.${path}`, message })),
    );
  }
}
