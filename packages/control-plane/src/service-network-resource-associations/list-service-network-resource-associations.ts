import {
  invalidFields,
  owners,
  type ResourceConfiguration,
  type ServiceNetworkResourceAssociation,
} from "@pergola/core";
import { flag } from "../constraint.ts";
import { paging, resourceConfigurationIdentifier, serviceNetworkIdentifier } from "../field-constraints.ts";
import { locate } from "../locate.ts";
import { type OperationContext, query } from "../operation.ts";
import { listPage } from "../page.ts";
import { resourceAssociationView } from "./resource-association-view.ts";

/**
 * ListServiceNetworkResourceAssociations: of a network, of a resource configuration, or of the pair. Children of groups are listed
 * when asked for, or when they are what is asked about.
 */
export const listServiceNetworkResourceAssociations = query(
  { ...paging, serviceNetworkIdentifier, resourceConfigurationIdentifier, includeChildren: flag },
  async (input, context) => {
    const { caller, tx } = context;
    const networkId = idOf(context, input.serviceNetworkIdentifier);
    const configurationId = idOf(context, input.resourceConfigurationIdentifier);
    if (networkId === undefined && configurationId === undefined) {
      const message = "is required unless `resourceConfigurationIdentifier` is given";
      throw invalidFields([{ name: "serviceNetworkIdentifier", message }]);
    }
    const isWithin = async (association: ServiceNetworkResourceAssociation): Promise<boolean> => {
      if (networkId !== undefined && association.serviceNetworkId !== networkId) return false;
      const isChild = association.groupAssociationId !== undefined;
      if (configurationId === undefined) return !isChild || input.includeChildren === true;
      if (association.resourceConfigurationId === configurationId) return true;
      if (!isChild || input.includeChildren !== true) return false;
      const key = { owner: owners.resourceConfigurations(association), id: association.resourceConfigurationId };
      const child = await tx.read<ResourceConfiguration>(key);
      return child?.resourceConfigurationGroupId === configurationId;
    };
    return listPage<ServiceNetworkResourceAssociation, unknown>(
      context,
      "resource-associations",
      owners.resourceAssociations(caller),
      input,
      async (association) =>
        (await isWithin(association)) ? resourceAssociationView(association, context.now) : undefined,
    );
  },
);

function idOf(context: OperationContext, identifier: string | undefined): string | undefined {
  return identifier === undefined ? undefined : locate(context, identifier).id;
}
