import type { Socket } from "node:net";
import { type ResourceAccessRecord, type SourceVpc, vpcArn } from "@pergola/core";
import type { CompiledNetwork } from "../configuration/compile-network.ts";
import { addressText } from "../target-address.ts";
import type { LocatedEndpoint } from "./endpoint.ts";

/** A client's connection to a resource: what is known of it so far. */
export interface ResourceConnection {
  readonly endpoint: LocatedEndpoint;
  readonly network: CompiledNetwork | undefined;
  readonly sourceVpc: SourceVpc | undefined;
  readonly region: string;
  readonly client: Socket;
  readonly openedAt: Date;
}

/** @param target absent when the resource was not reached */
export function resourceRecord(connection: ResourceConnection, target: Socket | undefined): ResourceAccessRecord {
  const { endpoint, network, sourceVpc, client, region } = connection;
  return {
    eventTimestamp: connection.openedAt.toISOString(),
    serviceNetworkArn: network?.snapshot.arn ?? "-",
    serviceNetworkResourceAssociationId: endpoint.associationId,
    vpcEndpointId: "-",
    sourceVpcArn: sourceVpc === undefined ? "-" : vpcArn(region, sourceVpc.account, sourceVpc.vpcId),
    resourceConfigurationArn: endpoint.resource.arn,
    protocol: "tcp",
    sourceIpPort: ipPort(client.remoteAddress, client.remotePort),
    destinationIpPort: ipPort(client.localAddress, client.localPort),
    gatewayIpPort: ipPort(target?.localAddress, target?.localPort),
    resourceIpPort: ipPort(target?.remoteAddress, target?.remotePort),
  };
}

function ipPort(address: string | undefined, port: number | undefined): string {
  if (address === undefined || port === undefined) return "-";
  return addressText({ host: address.replace(/^::ffff:/, ""), port });
}
