import { owners, type ServiceNetwork } from "@pergola/core";
import { required } from "../constraint.ts";
import { serviceAssociationIdentifier } from "../field-constraints.ts";
import { requireSettled } from "../lifecycle.ts";
import { getServiceAssociation } from "../locate.ts";
import { operation } from "../operation.ts";
import { arnSeenBy } from "../sharing/association-sides.ts";
import { scopeOfArn } from "../sharing/is-shared.ts";
import { serviceAssociationKeys } from "./service-association-keys.ts";

/** DeleteServiceNetworkServiceAssociation: from the answer on, the service is not reached through the network. Either side may delete it. */
export const deleteServiceNetworkServiceAssociation = operation(
  { serviceNetworkServiceAssociationIdentifier: required(serviceAssociationIdentifier) },
  async (input, context) => {
    const { tx } = context;
    const { value } = await getServiceAssociation(context, input.serviceNetworkServiceAssociationIdentifier);
    requireSettled(context, "SERVICE_NETWORK_SERVICE_ASSOCIATION", value);
    const { id, serviceId, serviceNetworkId } = value;
    const networkScope = scopeOfArn(value.serviceNetworkArn);
    for (const key of Object.values(serviceAssociationKeys(value))) tx.delete(key);
    const networkKey = { owner: owners.serviceNetworks(networkScope), id: serviceNetworkId };
    const network = await tx.get<ServiceNetwork>(networkKey);
    if (network !== undefined) tx.put(networkKey, { ...network, serviceCount: network.serviceCount - 1 });
    tx.touchService({ ...scopeOfArn(value.serviceArn), id: serviceId });
    tx.touchNetwork({ ...networkScope, id: serviceNetworkId });
    return { id, arn: arnSeenBy(context, "snsa", value), status: "DELETE_IN_PROGRESS" };
  },
);
