import type { ServiceNetworkVpcAssociation } from "@pergola/core";
import { required } from "../constraint.ts";
import { securityGroupIds, vpcAssociationIdentifier } from "../field-constraints.ts";
import { requireSettled, updated } from "../lifecycle.ts";
import { getVpcAssociation } from "../locate.ts";
import { operation } from "../operation.ts";
import { requireCreator } from "../sharing/association-sides.ts";
import { scopeOfArn } from "../sharing/is-shared.ts";

/** UpdateServiceNetworkVpcAssociation: replaces the security groups; only who made it may. */
export const updateServiceNetworkVpcAssociation = operation(
  {
    serviceNetworkVpcAssociationIdentifier: required(vpcAssociationIdentifier),
    // At least one: an association's security groups cannot all be taken away again.
    securityGroupIds: required(securityGroupIds(1)),
  },
  async ({ serviceNetworkVpcAssociationIdentifier: identifier, securityGroupIds: groups }, context) => {
    const { key, value } = await getVpcAssociation(context, identifier);
    requireCreator(context, value);
    requireSettled(context, "SERVICE_NETWORK_VPC_ASSOCIATION", value);
    const association: ServiceNetworkVpcAssociation = { ...updated(context, value, true), securityGroupIds: groups };
    context.tx.put(key, association);
    context.tx.touchNetwork({ ...scopeOfArn(value.serviceNetworkArn), id: value.serviceNetworkId });
    return { ...association, status: "UPDATE_IN_PROGRESS" };
  },
);
