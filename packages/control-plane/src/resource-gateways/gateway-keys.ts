import { type Key, owners, type ResourceGateway } from "@pergola/core";
import type { CountedQuota } from "../quota.ts";

/** What the gateways of each VPC are counted as. */
export const gatewaysInVpc: CountedQuota = "resourceGateways";

export function resourceGatewayKey({ account, region, id }: ResourceGateway): Key {
  return { owner: owners.resourceGateways({ account, region }), id };
}
