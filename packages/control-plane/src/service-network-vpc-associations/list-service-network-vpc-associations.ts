import { invalidFields, owners, type ServiceNetworkVpcAssociation } from "@pergola/core";
import type { AssociationPointer } from "../compile-snapshot.ts";
import { paging, serviceNetworkIdentifier, vpcId } from "../field-constraints.ts";
import { type OperationContext, query } from "../operation.ts";
import { type ListOutput, listPage, type PageInput } from "../page.ts";
import { isParty } from "../sharing/association-sides.ts";
import { listedSide } from "../sharing/listed-side.ts";
import { vpcAssociationView } from "./vpc-association-view.ts";

const action = "vpc-lattice:ListServiceNetworkVpcAssociations";

/** ListServiceNetworkVpcAssociations: of a network, of a VPC, or of the pair. */
export const listServiceNetworkVpcAssociations = query(
  { ...paging, serviceNetworkIdentifier, vpcIdentifier: vpcId },
  async ({ serviceNetworkIdentifier: network, vpcIdentifier: vpc, ...page }, context) => {
    if (network !== undefined) {
      const { id } = await listedSide(context, network, action, "vpc-lattice:GetServiceNetwork");
      return ofNetwork(context, id, vpc, page);
    }
    if (vpc !== undefined) return ofVpc(context, vpc, page);
    const message = "is required unless `vpcIdentifier` is given";
    throw invalidFields([{ name: "serviceNetworkIdentifier", message }]);
  },
);

function ofNetwork(
  context: OperationContext,
  networkId: string,
  vpc: string | undefined,
  page: PageInput,
): Promise<ListOutput<unknown>> {
  const owner = owners.associationsOf(networkId);
  return listPage<AssociationPointer, unknown>(context, "vpc-associations", owner, page, async (pointer) => {
    if (pointer.vpcId === undefined || (vpc !== undefined && pointer.vpcId !== vpc)) return undefined;
    const key = { owner: owners.vpcAssociations(pointer), id: pointer.associationId };
    const association = await context.tx.read<ServiceNetworkVpcAssociation>(key);
    return association && isParty(context, association) ? vpcAssociationView(association, context) : undefined;
  });
}

function ofVpc(context: OperationContext, vpc: string, page: PageInput): Promise<ListOutput<unknown>> {
  const owner = owners.vpcAssociations(context.caller);
  return listPage<ServiceNetworkVpcAssociation, unknown>(context, "vpc-associations", owner, page, (association) =>
    association.vpcId === vpc ? vpcAssociationView(association, context) : undefined,
  );
}
