import { conflict, owners, type ResourceConfiguration, type ServiceNetwork } from "@pergola/core";
import { required } from "../constraint.ts";
import { resourceAssociationIdentifier } from "../field-constraints.ts";
import { requireSettled } from "../lifecycle.ts";
import { getResourceAssociation } from "../locate.ts";
import { operation } from "../operation.ts";
import { arnSeenBy } from "../sharing/association-sides.ts";
import { scopeOfArn } from "../sharing/is-shared.ts";
import { dissociateChildren } from "./child-associations.ts";
import { resourceAssociationKeys } from "./resource-association-keys.ts";

/** DeleteServiceNetworkResourceAssociation: a group takes its children with it, and a child stays as long as its group does. */
export const deleteServiceNetworkResourceAssociation = operation(
  { serviceNetworkResourceAssociationIdentifier: required(resourceAssociationIdentifier) },
  async (input, context) => {
    const { tx } = context;
    const { value } = await getResourceAssociation(context, input.serviceNetworkResourceAssociationIdentifier);
    const { id, serviceNetworkId, resourceConfigurationId, groupAssociationId } = value;
    if (groupAssociationId !== undefined) {
      const message = `${id} is a child's and belongs to ${groupAssociationId}; delete that one, or the child`;
      throw conflict("SERVICE_NETWORK_RESOURCE_ASSOCIATION", id, message);
    }
    requireSettled(context, "SERVICE_NETWORK_RESOURCE_ASSOCIATION", value);
    const configurationScope = scopeOfArn(value.resourceConfigurationArn);
    const configurationKey = { owner: owners.resourceConfigurations(configurationScope), id: resourceConfigurationId };
    const configuration = await tx.get<ResourceConfiguration>(configurationKey);
    // Rewritten so that a child that comes meanwhile starts again.
    if (configuration !== undefined) tx.put(configurationKey, configuration);
    if (configuration?.type === "GROUP") await dissociateChildren(context, value);
    for (const key of Object.values(resourceAssociationKeys(value))) tx.delete(key);
    const networkKey = { owner: owners.serviceNetworks(scopeOfArn(value.serviceNetworkArn)), id: serviceNetworkId };
    const network = await tx.get<ServiceNetwork>(networkKey);
    if (network !== undefined) tx.put(networkKey, { ...network, resourceCount: (network.resourceCount ?? 1) - 1 });
    return { id, arn: arnSeenBy(context, "snra", value), status: "DELETE_IN_PROGRESS" };
  },
);
