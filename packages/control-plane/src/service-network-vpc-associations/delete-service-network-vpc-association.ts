import { owners, type ServiceNetwork } from "@pergola/core";
import { required } from "../constraint.ts";
import { vpcAssociationIdentifier } from "../field-constraints.ts";
import { requireSettled } from "../lifecycle.ts";
import { getVpcAssociation } from "../locate.ts";
import { operation } from "../operation.ts";
import { vpcAssociationKeys } from "./vpc-association-keys.ts";

/** DeleteServiceNetworkVpcAssociation: from the answer on, clients in the VPC do not reach the network. */
export const deleteServiceNetworkVpcAssociation = operation(
  { serviceNetworkVpcAssociationIdentifier: required(vpcAssociationIdentifier) },
  async (input, context) => {
    const { tx } = context;
    const { value } = await getVpcAssociation(context, input.serviceNetworkVpcAssociationIdentifier);
    requireSettled(context, "SERVICE_NETWORK_VPC_ASSOCIATION", value);
    const { id, arn, account, region, serviceNetworkId } = value;
    for (const key of Object.values(vpcAssociationKeys(value))) tx.delete(key);
    const networkKey = { owner: owners.serviceNetworks({ account, region }), id: serviceNetworkId };
    const network = await tx.get<ServiceNetwork>(networkKey);
    if (network !== undefined) tx.put(networkKey, { ...network, vpcCount: network.vpcCount - 1 });
    tx.touchNetwork({ account, region, id: serviceNetworkId });
    return { id, arn, status: "DELETE_IN_PROGRESS" };
  },
);
