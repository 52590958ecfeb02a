import { conflict, resourceArn, type ServiceNetworkVpcAssociation } from "@pergola/core";
import { vpcAssociationPointer } from "../compile-snapshot.ts";
import { flag, required } from "../constraint.ts";
import { clientToken, securityGroupIds, serviceNetworkIdentifier, tags, vpcId } from "../field-constraints.ts";
import { newResource } from "../lifecycle.ts";
import { operation } from "../operation.ts";
import { quotas, requireQuota } from "../quota.ts";
import { createPartner } from "../sharing/association-sides.ts";
import { useServiceNetwork } from "../sharing/use-resource.ts";
import { vpcAssociationKeys } from "./vpc-association-keys.ts";
import { dnsOptions } from "./vpc-association-members.ts";
import { vpcAssociationView } from "./vpc-association-view.ts";

const action = "vpc-lattice:CreateServiceNetworkVpcAssociation";

/** CreateServiceNetworkVpcAssociation: the network may be another account's, which shares it; a VPC has one at most. */
export const createServiceNetworkVpcAssociation = operation(
  {
    serviceNetworkIdentifier: required(serviceNetworkIdentifier),
    vpcIdentifier: required(vpcId),
    securityGroupIds: securityGroupIds(0),
    privateDnsEnabled: flag,
    dnsOptions,
    clientToken,
    tags,
  },
  async (input, context) => {
    const { caller, tx } = context;
    const { key, value: network } = await useServiceNetwork(context, input.serviceNetworkIdentifier, action);
    const id = context.newId("snva");
    const association: ServiceNetworkVpcAssociation = {
      ...newResource(context, id, resourceArn(caller, "snva", id), input.tags),
      serviceNetworkId: network.id,
      serviceNetworkName: network.name,
      serviceNetworkArn: network.arn,
      vpcId: input.vpcIdentifier,
      securityGroupIds: input.securityGroupIds ?? [],
      privateDnsEnabled: input.privateDnsEnabled ?? false,
      ...(input.dnsOptions === undefined ? {} : { dnsOptions: input.dnsOptions }),
      createdBy: caller.account,
    };
    const keys = vpcAssociationKeys(association);
    if ((await tx.get(keys.vpc)) !== undefined) {
      throw conflict("VPC", association.vpcId, "VPC has already been associated to a service network.");
    }
    const vpcCount = network.vpcCount + 1;
    requireQuota(context, quotas.vpcAssociations, vpcCount, "SERVICE_NETWORK_VPC_ASSOCIATION", network.id);
    tx.create(keys.vpc, { id });
    tx.create(keys.self, association);
    tx.create(keys.onNetwork, vpcAssociationPointer(association));
    createPartner(context, "snva", association);
    tx.put(key, { ...network, vpcCount });
    tx.touchNetwork(network);
    return { ...vpcAssociationView(association, context), status: "CREATE_IN_PROGRESS" };
  },
);
