import { authPolicyKey } from "@pergola/core";
import { required } from "../constraint.ts";
import { policyResourceIdentifier } from "../field-constraints.ts";
import { operation } from "../operation.ts";
import { getServiceOrNetwork, touchServiceOrNetwork } from "../service-or-network.ts";

/**
 * DeleteAuthPolicy: allowed under AWS_IAM too, and then every request is denied. AWS's documents contradict each other on whether it
 * is refused there; this way nobody gets in. Deleting none is no error.
 */
export const deleteAuthPolicy = operation(
  { resourceIdentifier: required(policyResourceIdentifier) },
  async (input, context) => {
    const { value } = await getServiceOrNetwork(context, input.resourceIdentifier);
    context.tx.delete(authPolicyKey(value.id));
    touchServiceOrNetwork(context, value, value.id);
    return {};
  },
);
