import type { ResourceBase } from "./resource-base.ts";

export type ResourceConfigurationType = "SINGLE" | "GROUP" | "CHILD" | "ARN" | "CIDR";

/** What a resource configuration stands for, as it was sent. */
export type ResourceConfigurationDefinition =
  | { readonly dnsResource: { readonly domainName: string; readonly ipAddressType: "IPV4" | "IPV6" } }
  | { readonly ipResource: { readonly ipAddress: string } }
  | { readonly arnResource: { readonly arn: string } }
  | { readonly cidrResource: { readonly cidrRanges: readonly string[] } };

/** A resource in a VPC that others may connect to, or a group of them. */
export interface ResourceConfiguration extends ResourceBase {
  readonly name: string;
  readonly type: ResourceConfigurationType;
  /** A child has its group's. */
  readonly resourceGatewayId: string;
  /** The group of a child. */
  readonly resourceConfigurationGroupId?: string;
  /** Absent on a group. */
  readonly resourceConfigurationDefinition?: ResourceConfigurationDefinition;
  /** `80` or `8000-8100` each. */
  readonly portRanges?: readonly string[];
  readonly protocol?: "TCP" | "TCP_UDP";
  readonly allowAssociationToShareableServiceNetwork?: boolean;
  readonly customDomainName?: string;
  /** On a group: the domain that its children's custom domain names lie in. */
  readonly groupDomain?: string;
  /** Who proves that the domain is the owner's; a child has its group's. */
  readonly domainVerificationId?: string;
  readonly domainVerificationArn?: string;
}
