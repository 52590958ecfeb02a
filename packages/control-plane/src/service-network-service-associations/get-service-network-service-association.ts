import { required } from "../constraint.ts";
import { serviceAssociationIdentifier } from "../field-constraints.ts";
import { getServiceAssociation } from "../locate.ts";
import { query } from "../operation.ts";
import { serviceAssociationView } from "./service-association-view.ts";

/** GetServiceNetworkServiceAssociation. */
export const getServiceNetworkServiceAssociation = query(
  { serviceNetworkServiceAssociationIdentifier: required(serviceAssociationIdentifier) },
  async (input, context) => {
    const { value } = await getServiceAssociation(context, input.serviceNetworkServiceAssociationIdentifier);
    return serviceAssociationView(value, context);
  },
);
