import type { ResourceBase } from "./resource-base.ts";
import type { AuthType, DnsEntry } from "./service.ts";

export interface ServiceNetwork extends ResourceBase {
  readonly name: string;
  readonly authType: AuthType;
  readonly sharingConfig: { readonly enabled: boolean };
  /** Kept with the network, so that its deletion and a new association cannot miss each other. */
  readonly serviceCount: number;
  readonly vpcCount: number;
  /** Resource configurations, children of groups not counted; absent counts as 0. */
  readonly resourceCount?: number;
}

export interface ServiceNetworkServiceAssociation extends ResourceBase {
  readonly serviceNetworkId: string;
  readonly serviceNetworkName: string;
  readonly serviceNetworkArn: string;
  readonly serviceId: string;
  readonly serviceName: string;
  readonly serviceArn: string;
  /** Account that made it. */
  readonly createdBy: string;
  readonly dnsEntry: { readonly domainName: string; readonly hostedZoneId: string };
  readonly customDomainName?: string;
}

export interface DnsOptions {
  readonly privateDnsPreference?: string;
  readonly privateDnsSpecifiedDomains?: readonly string[];
}

export interface ServiceNetworkVpcAssociation extends ResourceBase {
  readonly serviceNetworkId: string;
  readonly serviceNetworkName: string;
  readonly serviceNetworkArn: string;
  readonly vpcId: string;
  readonly securityGroupIds: readonly string[];
  readonly privateDnsEnabled: boolean;
  readonly dnsOptions?: DnsOptions;
  readonly createdBy: string;
}

export interface ServiceNetworkResourceAssociation extends ResourceBase {
  readonly serviceNetworkId: string;
  readonly serviceNetworkName: string;
  readonly serviceNetworkArn: string;
  readonly resourceConfigurationId: string;
  readonly resourceConfigurationName: string;
  readonly resourceConfigurationArn: string;
  /** Account that made it. */
  readonly createdBy: string;
  readonly privateDnsEnabled: boolean;
  /** Absent for a group: its children have names. */
  readonly dnsEntry?: DnsEntry;
  /** The resource's own domain name, while private DNS is on and it has one. */
  readonly privateDnsEntry?: Pick<DnsEntry, "domainName">;
  /** The association of the group that this one, of a child, comes and goes with. */
  readonly groupAssociationId?: string;
  /** On a group's: until then a child that came later is not associated yet, and the status PARTIAL. */
  readonly partialUntil?: string;
}

/** The policy of a service or service network; its state follows from the owner's authType. */
export interface AuthPolicy {
  readonly resourceId: string;
  /** Normalised JSON text. */
  readonly policy: string;
  readonly createdAt: string;
  readonly lastUpdatedAt: string;
}

export type LogDestinationKind = "cloudwatch" | "s3" | "firehose";

export interface AccessLogSubscription extends ResourceBase {
  /** Service, service network or resource configuration. */
  readonly resourceId: string;
  readonly resourceArn: string;
  readonly destinationArn: string;
  /** Only on a service network's. */
  readonly serviceNetworkLogType?: "SERVICE" | "RESOURCE";
}

/** @returns the kind of destination that an ARN names, or undefined when logs cannot go there */
export function logDestinationKind(arn: string): LogDestinationKind | undefined {
  if (/^arn:aws[a-z-]*:logs:[a-z0-9-]+:\d{12}:log-group:[A-Za-z0-9_./#-]{1,512}(:\*)?$/.test(arn)) return "cloudwatch";
  if (/^arn:aws[a-z-]*:s3:::[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](\/.*)?$/.test(arn)) return "s3";
  if (/^arn:aws[a-z-]*:firehose:[a-z0-9-]+:\d{12}:deliverystream\/[A-Za-z0-9_.-]{1,64}$/.test(arn)) return "firehose";
  return undefined;
}
