import { resourcePolicyKey } from "@pergola/core";
import { required } from "../constraint.ts";
import { operation } from "../operation.ts";
import { policyGrantKey } from "../sharing/grant.ts";
import { getSharedResource, sharedResourceArn } from "./shared-resource.ts";

/** DeleteResourcePolicy: deleting none is no error, as with auth policies. */
export const deleteResourcePolicy = operation({ resourceArn: required(sharedResourceArn) }, async (input, context) => {
  const { value } = await getSharedResource(context, input.resourceArn);
  context.tx.delete(resourcePolicyKey(value.id));
  context.tx.delete(policyGrantKey(value));
  return {};
});
