import { required, text } from "../constraint.ts";
import {
  paging,
  resourceConfigurationIdentifier,
  resourceEndpointAssociationIdentifier,
} from "../field-constraints.ts";
import { getResourceConfiguration, locate } from "../locate.ts";
import { query } from "../operation.ts";
import { pageOf } from "../page.ts";
import { endpointAssociationsOf } from "./endpoint-association.ts";

/** ListResourceEndpointAssociations: of a resource configuration; filters add up. */
export const listResourceEndpointAssociations = query(
  {
    ...paging,
    resourceConfigurationIdentifier: required(resourceConfigurationIdentifier),
    resourceEndpointAssociationIdentifier,
    vpcEndpointId: text({ min: 22, max: 22, pattern: /^vpce-[0-9a-f]{17}$/, form: "a VPC endpoint id" }),
    vpcEndpointOwner: text({ min: 12, max: 12, pattern: /^\d{12}$/, form: "an account id" }),
  },
  async (input, context) => {
    const { value } = await getResourceConfiguration(context, input.resourceConfigurationIdentifier);
    const { resourceEndpointAssociationIdentifier: identifier, vpcEndpointId, vpcEndpointOwner } = input;
    const wantedId = identifier === undefined ? undefined : locate(context, identifier).id;
    const wanted = (await endpointAssociationsOf(context, value)).filter(
      (association) =>
        (wantedId === undefined || association.id === wantedId) &&
        (vpcEndpointId === undefined || association.vpcEndpointId === vpcEndpointId) &&
        (vpcEndpointOwner === undefined || association.vpcEndpointOwner === vpcEndpointOwner),
    );
    return pageOf("resource-endpoint-associations", wanted, input);
  },
);
