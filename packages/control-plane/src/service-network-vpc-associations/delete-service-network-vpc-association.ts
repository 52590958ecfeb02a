import { owners, type ServiceNetwork } from "@pergola/core";
import { required } from "../constraint.ts";
import { vpcAssociationIdentifier } from "../field-constraints.ts";
import { requireSettled } from "../lifecycle.ts";
import { getVpcAssociation } from "../locate.ts";
import { operation } from "../operation.ts";
import { arnSeenBy } from "../sharing/association-sides.ts";
import { scopeOfArn } from "../sharing/is-shared.ts";
import { vpcAssociationKeys } from "./vpc-association-keys.ts";

/** DeleteServiceNetworkVpcAssociation: from the answer on, clients in the VPC do not reach the network. Either side may delete it. */
export const deleteServiceNetworkVpcAssociation = operation(
  { serviceNetworkVpcAssociationIdentifier: required(vpcAssociationIdentifier) },
  async (input, context) => {
    const { tx } = context;
    const { value } = await getVpcAssociation(context, input.serviceNetworkVpcAssociationIdentifier);
    requireSettled(context, "SERVICE_NETWORK_VPC_ASSOCIATION", value);
    const { id, serviceNetworkId } = value;
    const networkScope = scopeOfArn(value.serviceNetworkArn);
    for (const key of Object.values(vpcAssociationKeys(value))) tx.delete(key);
    const networkKey = { owner: owners.serviceNetworks(networkScope), id: serviceNetworkId };
    const network = await tx.get<ServiceNetwork>(networkKey);
    if (network !== undefined) tx.put(networkKey, { ...network, vpcCount: network.vpcCount - 1 });
    tx.touchNetwork({ ...networkScope, id: serviceNetworkId });
    return { id, arn: arnSeenBy(context, "snva", value), status: "DELETE_IN_PROGRESS" };
  },
);
