import { createHash } from "node:crypto";
import { endpointAssociationsKey, type ResourceConfiguration, resourceArn, type VpcEndpoint } from "@pergola/core";
import type { OperationContext } from "../operation.ts";

/** The association of a resource configuration with a VPC endpoint, as List shows it. */
export interface EndpointAssociation {
  readonly id: string;
  readonly arn: string;
  readonly resourceConfigurationId: string;
  readonly resourceConfigurationArn: string;
  readonly resourceConfigurationName: string;
  readonly vpcEndpointId: string;
  readonly vpcEndpointOwner: string;
  readonly createdBy: string;
  readonly createdAt: string;
}

/** Ids of the associations that were deleted; the endpoints themselves are not Pergola's to delete. */
export interface RemovedAssociations {
  readonly removed: readonly string[];
}

/** @returns a resource configuration's associations with VPC endpoints, but for those that were deleted */
export async function endpointAssociationsOf(
  { tx, vpcEndpoints }: OperationContext,
  configuration: ResourceConfiguration,
): Promise<readonly EndpointAssociation[]> {
  const endpoints = vpcEndpoints.endpointsOf(configuration.id);
  if (endpoints.length === 0) return [];
  const removed = new Set((await tx.get<RemovedAssociations>(endpointAssociationsKey(configuration.id)))?.removed);
  return endpoints.map((endpoint) => associationOf(configuration, endpoint)).filter(({ id }) => !removed.has(id));
}

function associationOf(configuration: ResourceConfiguration, endpoint: VpcEndpoint): EndpointAssociation {
  const id = endpointAssociationId(endpoint);
  return {
    id,
    arn: resourceArn(configuration, "rea", id),
    resourceConfigurationId: configuration.id,
    resourceConfigurationArn: configuration.arn,
    resourceConfigurationName: configuration.name,
    vpcEndpointId: endpoint.id,
    vpcEndpointOwner: endpoint.account,
    createdBy: endpoint.account,
    createdAt: endpoint.createdAt,
  };
}

/** @returns the id of the association of an endpoint with what it leads to: always the same one */
export function endpointAssociationId({ id, leadsTo }: VpcEndpoint): string {
  const digest = createHash("sha256").update(`${id} ${leadsTo}`).digest("hex");
  return `rea-0${digest.slice(0, 16)}`;
}
