import { notFound, resourcePolicyKey } from "@pergola/core";
import { required } from "../constraint.ts";
import { query } from "../operation.ts";
import type { ResourcePolicy } from "./put-resource-policy.ts";
import { getSharedResource, sharedResourceArn } from "./shared-resource.ts";

/** GetResourcePolicy. */
export const getResourcePolicy = query({ resourceArn: required(sharedResourceArn) }, async (input, context) => {
  const { value } = await getSharedResource(context, input.resourceArn);
  const policy = await context.tx.get<ResourcePolicy>(resourcePolicyKey(value.id));
  if (policy === undefined) throw notFound("RESOURCE_POLICY", value.arn);
  return policy;
});
