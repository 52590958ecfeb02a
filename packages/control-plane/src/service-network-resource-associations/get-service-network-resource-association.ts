import { owners, type ResourceConfiguration } from "@pergola/core";
import { required } from "../constraint.ts";
import { resourceAssociationIdentifier } from "../field-constraints.ts";
import { getResourceAssociation } from "../locate.ts";
import { query } from "../operation.ts";
import { verificationStatusOf } from "../resource-configurations/configuration-view.ts";
import { scopeOfArn } from "../sharing/is-shared.ts";
import { resourceAssociationView } from "./resource-association-view.ts";

/** GetServiceNetworkResourceAssociation: also of a group's child. */
export const getServiceNetworkResourceAssociation = query(
  { serviceNetworkResourceAssociationIdentifier: required(resourceAssociationIdentifier) },
  async (input, context) => {
    const { value } = await getResourceAssociation(context, input.serviceNetworkResourceAssociationIdentifier);
    const { resourceConfigurationId: id, resourceConfigurationArn } = value;
    const key = { owner: owners.resourceConfigurations(scopeOfArn(resourceConfigurationArn)), id };
    const configuration = await context.tx.read<ResourceConfiguration>(key);
    const domainVerificationStatus = configuration && (await verificationStatusOf(context, configuration));
    return { ...resourceAssociationView(value, context), domainVerificationStatus };
  },
);
