import { required } from "../constraint.ts";
import { vpcAssociationIdentifier } from "../field-constraints.ts";
import { getVpcAssociation } from "../locate.ts";
import { query } from "../operation.ts";
import { vpcAssociationView } from "./vpc-association-view.ts";

/** GetServiceNetworkVpcAssociation. */
export const getServiceNetworkVpcAssociation = query(
  { serviceNetworkVpcAssociationIdentifier: required(vpcAssociationIdentifier) },
  async (input, context) => {
    const { value } = await getVpcAssociation(context, input.serviceNetworkVpcAssociationIdentifier);
    return vpcAssociationView(value, context);
  },
);
