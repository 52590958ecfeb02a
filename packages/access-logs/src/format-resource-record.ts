import type { ResourceAccessRecord } from "@pergola/core";

/**
 * One line of a resource access log, in the field order of the log whatever the order in `record` is.
 * @returns JSON without newline
 */
export function formatResourceRecord(record: ResourceAccessRecord): string {
  const line: ResourceAccessRecord = {
    eventTimestamp: record.eventTimestamp,
    serviceNetworkArn: record.serviceNetworkArn,
    serviceNetworkResourceAssociationId: record.serviceNetworkResourceAssociationId,
    vpcEndpointId: record.vpcEndpointId,
    sourceVpcArn: record.sourceVpcArn,
    resourceConfigurationArn: record.resourceConfigurationArn,
    protocol: record.protocol,
    sourceIpPort: record.sourceIpPort,
    destinationIpPort: record.destinationIpPort,
    gatewayIpPort: record.gatewayIpPort,
    resourceIpPort: record.resourceIpPort,
  };
  return JSON.stringify(line);
}
