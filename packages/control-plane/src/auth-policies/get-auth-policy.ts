import { required } from "../constraint.ts";
import { policyResourceIdentifier } from "../field-constraints.ts";
import { query } from "../operation.ts";
import { getServiceOrNetwork } from "../service-or-network.ts";
import { policyState, readPolicy } from "./policy-state.ts";

/** GetAuthPolicy: empty for a service or network that has none, by which CloudFormation tells that it is gone. */
export const getAuthPolicy = query(
  { resourceIdentifier: required(policyResourceIdentifier) },
  async (input, context) => {
    const resource = await getServiceOrNetwork(context, input.resourceIdentifier);
    const policy = await readPolicy(context, resource);
    return policy === undefined ? {} : { ...policy, state: policyState(resource) };
  },
);
