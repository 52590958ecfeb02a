import { isResourceId, type Key, type ResourceBase } from "@pergola/core";
import { type Constraint, text } from "../constraint.ts";
import { getResourceConfiguration, getService, getServiceNetwork, locate } from "../locate.ts";
import type { OperationContext } from "../operation.ts";

/** What can be shared, by the prefix of its id. */
export type SharedKind = "svc" | "sn" | "rcfg";

/** Source: VPC Lattice API model, ResourceArn, read 2026-11. */
export const sharedResourceArn: Constraint<string> = text({
  min: 20,
  max: 200,
  pattern:
    /^arn:[a-z0-9-]{1,64}:vpc-lattice:[a-z0-9-]{1,64}:[0-9]{12}:(?:servicenetwork\/sn|service\/svc|resourceconfiguration\/rcfg)-[0-9a-z]{17}$/,
  form: "the ARN of a service, service network or resource configuration",
});

interface SharedResource {
  readonly kind: SharedKind;
  readonly key: Key;
  readonly value: ResourceBase;
}

/** @throws LatticeError ResourceNotFoundException, AccessDeniedException for another account's resource */
export async function getSharedResource(context: OperationContext, arn: string): Promise<SharedResource> {
  const { id } = locate(context, arn);
  if (isResourceId("svc", id)) return { kind: "svc", ...(await getService(context, arn)) };
  if (isResourceId("sn", id)) return { kind: "sn", ...(await getServiceNetwork(context, arn)) };
  return { kind: "rcfg", ...(await getResourceConfiguration(context, arn)) };
}
