import {
  invalidFields,
  owners,
  type ResourceConfiguration,
  type ServiceNetworkResourceAssociation,
} from "@pergola/core";
import { flag } from "../constraint.ts";
import { paging, resourceConfigurationIdentifier, serviceNetworkIdentifier } from "../field-constraints.ts";
import { query } from "../operation.ts";
import { listPageOf } from "../page.ts";
import { isParty, type PartnerAssociation } from "../sharing/association-sides.ts";
import { scopeOfArn } from "../sharing/is-shared.ts";
import { listedSide } from "../sharing/listed-side.ts";
import { resourceAssociationView } from "./resource-association-view.ts";

const action = "vpc-lattice:ListServiceNetworkResourceAssociations";

/**
 * ListServiceNetworkResourceAssociations: of a network, of a resource configuration, or of the pair. Children of groups are listed
 * when asked for, or when they are what is asked about.
 */
export const listServiceNetworkResourceAssociations = query(
  { ...paging, serviceNetworkIdentifier, resourceConfigurationIdentifier, includeChildren: flag },
  async (input, context) => {
    const { caller, tx } = context;
    const { serviceNetworkIdentifier: network, resourceConfigurationIdentifier: configuration } = input;
    const networkId = network && (await listedSide(context, network, action, "vpc-lattice:GetServiceNetwork")).id;
    const configurationId =
      configuration && (await listedSide(context, configuration, action, "vpc-lattice:GetResourceConfiguration")).id;
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
      const key = {
        owner: owners.resourceConfigurations(scopeOfArn(association.resourceConfigurationArn)),
        id: association.resourceConfigurationId,
      };
      const child = await tx.read<ResourceConfiguration>(key);
      return child?.resourceConfigurationGroupId === configurationId;
    };
    const toSummary = async (association: ServiceNetworkResourceAssociation): Promise<unknown> =>
      isParty(context, association) && (await isWithin(association))
        ? resourceAssociationView(association, context)
        : undefined;
    const ofPartner = async ({ id, region, home }: PartnerAssociation): Promise<unknown> => {
      const key = { owner: owners.resourceAssociations({ account: home, region }), id };
      const association = await tx.read<ServiceNetworkResourceAssociation>(key);
      return association && toSummary(association);
    };
    const sources = [
      { owner: owners.resourceAssociations(caller), toSummary },
      { owner: owners.partnerAssociations(caller, "snra"), toSummary: ofPartner },
    ];
    return listPageOf<unknown>(context, "resource-associations", sources, input);
  },
);
