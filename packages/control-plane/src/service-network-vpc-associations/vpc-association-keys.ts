import { type Key, owners, type ServiceNetworkVpcAssociation } from "@pergola/core";

/** Every item that stands for an association beside the association itself, all written and deleted with it. */
export function vpcAssociationKeys({ account, region, id, serviceNetworkId, vpcId }: ServiceNetworkVpcAssociation): {
  readonly self: Key;
  readonly onNetwork: Key;
  /** Held by the one association of a VPC. */
  readonly vpc: Key;
} {
  const scope = { account, region };
  return {
    self: { owner: owners.vpcAssociations(scope), id },
    onNetwork: { owner: owners.associationsOf(serviceNetworkId), id },
    vpc: { owner: owners.names(scope, "vpc-association"), id: vpcId },
  };
}
