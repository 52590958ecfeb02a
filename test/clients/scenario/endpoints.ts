import { expect } from "vitest";
import { aTime } from "./lifecycle.ts";
import type { Step } from "./step.ts";

const toNetwork = { serviceNetworkIdentifier: "{ends.network}" };
const toConfiguration = { resourceConfigurationIdentifier: "{ends.configuration}" };
const association = {
  resourceConfigurationId: "{ends.configuration}",
  resourceConfigurationName: "reached",
  vpcEndpointOwner: "{account}",
};

/** VPC endpoints are made in EC2: here they are listed, and their associations deleted. */
export const endpointSteps: readonly Step[] = [
  {
    call: "ListServiceNetworkVpcEndpointAssociations",
    with: toNetwork,
    gives: {
      items: expect.arrayContaining([
        expect.objectContaining({ vpcId: "vpc-0123456789abcdef0", state: "ACTIVE", createdAt: aTime }),
      ]),
    },
  },
  {
    call: "ListServiceNetworkVpcEndpointAssociations",
    with: toNetwork,
    pageSize: 2,
    gives: { items: expect.arrayContaining([expect.objectContaining({ vpcEndpointOwnerId: "{account}" })]) },
  },
  {
    call: "DeleteServiceNetwork",
    with: toNetwork,
    fails: { type: "ConflictException", members: { resourceType: "SERVICE_NETWORK" } },
  },
  {
    call: "ListResourceEndpointAssociations",
    with: toConfiguration,
    gives: { items: expect.arrayContaining([expect.objectContaining(association)]) },
    saves: { "association.id": "items.0.id", "association.arn": "items.0.arn", "endpoint.id": "items.0.vpcEndpointId" },
  },
  {
    call: "ListResourceEndpointAssociations",
    with: toConfiguration,
    pageSize: 2,
    gives: { items: expect.arrayContaining([expect.objectContaining({ id: "{association.id}" })]) },
  },
  {
    call: "DeleteResourceEndpointAssociation",
    with: { resourceEndpointAssociationIdentifier: "{association.arn}" },
    gives: {
      id: "{association.id}",
      arn: "{association.arn}",
      resourceConfigurationId: "{ends.configuration}",
      vpcEndpointId: "{endpoint.id}",
    },
  },
  {
    call: "DeleteResourceEndpointAssociation",
    with: { resourceEndpointAssociationIdentifier: "{association.id}" },
    fails: { type: "ResourceNotFoundException", members: { resourceType: "RESOURCE_ENDPOINT_ASSOCIATION" } },
  },
];
