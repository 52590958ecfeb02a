/**
 * One line of a resource access log, in the field order in which it is written: a connection that a client has opened. A missing
 * value is the string `-`. Source: VPC Lattice user guide, "Resource access log contents", read 2026-11.
 */
export interface ResourceAccessRecord {
  /** ISO 8601, milliseconds, `Z`: when the client connected. */
  readonly eventTimestamp: string;
  readonly serviceNetworkArn: string;
  readonly serviceNetworkResourceAssociationId: string;
  readonly vpcEndpointId: string;
  readonly sourceVpcArn: string;
  readonly resourceConfigurationArn: string;
  readonly protocol: "tcp";
  readonly sourceIpPort: string;
  /** Where the client connected to. */
  readonly destinationIpPort: string;
  /** Where the connection to the resource comes from. */
  readonly gatewayIpPort: string;
  /** Where it goes. */
  readonly resourceIpPort: string;
}
