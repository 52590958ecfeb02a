import type { ResourceBase } from "./resource-base.ts";

export type ResourceIpAddressType = "IPV4" | "IPV6" | "DUALSTACK";

/** Where connections to resources enter a VPC. */
export interface ResourceGateway extends ResourceBase {
  readonly name: string;
  readonly vpcId: string;
  readonly subnetIds: readonly string[];
  readonly securityGroupIds: readonly string[];
  readonly ipAddressType: ResourceIpAddressType;
  /** 1–62; absent on a gateway without IPv4. */
  readonly ipv4AddressesPerEni?: number;
  readonly resourceConfigDnsResolution: "IN_VPC" | "PUBLIC";
}
