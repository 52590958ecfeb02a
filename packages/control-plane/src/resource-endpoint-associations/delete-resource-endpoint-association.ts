import { endpointAssociationsKey, notFound, owners, type ResourceConfiguration } from "@pergola/core";
import { required } from "../constraint.ts";
import { resourceEndpointAssociationIdentifier } from "../field-constraints.ts";
import { locate } from "../locate.ts";
import { type OperationContext, operation } from "../operation.ts";
import {
  type EndpointAssociation,
  endpointAssociationId,
  endpointAssociationsOf,
  type RemovedAssociations,
} from "./endpoint-association.ts";

/**
 * DeleteResourceEndpointAssociation: the endpoint stays, and does not lead to the resource any more. There is no way back but a new
 * endpoint, as there is none on AWS.
 */
export const deleteResourceEndpointAssociation = operation(
  { resourceEndpointAssociationIdentifier: required(resourceEndpointAssociationIdentifier) },
  async (input, context) => {
    const association = await findAssociation(context, input.resourceEndpointAssociationIdentifier);
    const key = endpointAssociationsKey(association.resourceConfigurationId);
    const before = await context.tx.get<RemovedAssociations>(key);
    const after: RemovedAssociations = { removed: [...(before?.removed ?? []), association.id] };
    context.tx.put(key, after);
    return association;
  },
);

async function findAssociation(context: OperationContext, identifier: string): Promise<EndpointAssociation> {
  const { id, arn, ...scope } = locate(context, identifier);
  const endpoint = context.vpcEndpoints.endpoints().find((one) => endpointAssociationId(one) === id);
  if (endpoint === undefined || scope.region !== context.caller.region) throw notFoundHere(identifier);
  const key = { owner: owners.resourceConfigurations(scope), id: endpoint.leadsTo };
  const configuration = await context.tx.get<ResourceConfiguration>(key);
  if (configuration === undefined) throw notFoundHere(identifier);
  const associations = await endpointAssociationsOf(context, configuration);
  const association = associations.find((one) => one.id === id);
  if (association === undefined || (arn !== undefined && identifier !== association.arn))
    throw notFoundHere(identifier);
  return association;
}

function notFoundHere(identifier: string): Error {
  return notFound("RESOURCE_ENDPOINT_ASSOCIATION", identifier);
}
