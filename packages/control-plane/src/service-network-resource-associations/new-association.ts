import { createHash } from "node:crypto";
import {
  type ResourceConfiguration,
  resourceArn,
  resourceDnsName,
  type ServiceNetworkResourceAssociation,
} from "@pergola/core";
import { newResource } from "../lifecycle.ts";
import type { OperationContext } from "../operation.ts";

type NetworkSide = Pick<
  ServiceNetworkResourceAssociation,
  "serviceNetworkId" | "serviceNetworkName" | "serviceNetworkArn"
>;

interface AssociationChoices {
  readonly privateDnsEnabled: boolean;
  readonly tags?: Readonly<Record<string, string>>;
  readonly groupAssociationId?: string;
  /** Whose it is; default: the caller. */
  readonly account?: string;
}

/** @returns the association of a resource configuration with a network, not written yet */
export function newAssociation(
  context: OperationContext,
  id: string,
  { serviceNetworkId, serviceNetworkName, serviceNetworkArn }: NetworkSide,
  configuration: ResourceConfiguration,
  { privateDnsEnabled, tags, groupAssociationId, account = context.caller.account }: AssociationChoices,
): ServiceNetworkResourceAssociation {
  const { caller, settings } = context;
  const { customDomainName } = configuration;
  const domainName = resourceDnsName(id, configuration.id, caller.region, settings.domain);
  return {
    ...newResource(context, id, resourceArn({ account, region: caller.region }, "snra", id), tags),
    account,
    serviceNetworkId,
    serviceNetworkName,
    serviceNetworkArn,
    resourceConfigurationId: configuration.id,
    resourceConfigurationName: configuration.name,
    resourceConfigurationArn: configuration.arn,
    createdBy: account,
    privateDnsEnabled,
    ...(configuration.type === "GROUP"
      ? {}
      : { dnsEntry: { domainName, hostedZoneId: resourceZoneId(caller.region) } }),
    ...(privateDnsEnabled && customDomainName !== undefined
      ? { privateDnsEntry: { domainName: customDomainName } }
      : {}),
    ...(groupAssociationId === undefined ? {} : { groupAssociationId }),
  };
}

/** A zone id of the usual form, one for each region and stable. AWS's own ids per region are not published. */
function resourceZoneId(region: string): string {
  const digest = createHash("sha256").update(`pergola resources ${region}`).digest("hex");
  return `Z0${digest.slice(0, 19).toUpperCase()}`;
}
