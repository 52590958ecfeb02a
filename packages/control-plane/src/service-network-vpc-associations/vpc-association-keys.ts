import { type Key, owners, type ServiceNetworkVpcAssociation } from "@pergola/core";
import { partnerKey } from "../sharing/association-sides.ts";

/** Every item that stands for an association beside the association itself, all written and deleted with it. */
export function vpcAssociationKeys(association: ServiceNetworkVpcAssociation): {
  readonly self: Key;
  readonly onNetwork: Key;
  /** Held by the one association of a VPC. */
  readonly vpc: Key;
  /** The network's owner's view of it, where that is another account. */
  readonly partner?: Key;
} {
  const { account, region, id, serviceNetworkId, vpcId } = association;
  const scope = { account, region };
  const partner = partnerKey("snva", association);
  return {
    self: { owner: owners.vpcAssociations(scope), id },
    onNetwork: { owner: owners.associationsOf(serviceNetworkId), id },
    vpc: { owner: owners.names(scope, "vpc-association"), id: vpcId },
    ...(partner === undefined ? {} : { partner }),
  };
}
