import { type Key, owners, type ServiceNetworkResourceAssociation } from "@pergola/core";
import { partnerKey } from "../sharing/association-sides.ts";
import { scopeOfArn } from "../sharing/is-shared.ts";

/**
 * Every item that stands for the association of a resource configuration that was made by itself, all written and deleted with it.
 * A child's association, which comes with its group's, has `self` and `partner` only.
 */
export function resourceAssociationKeys(association: ServiceNetworkResourceAssociation): {
  readonly self: Key;
  readonly onConfiguration: Key;
  /** Held by the one association of a resource configuration and a network. */
  readonly pair: Key;
  /** The other account's view of it. */
  readonly partner?: Key;
} {
  const { account, region, id, serviceNetworkId, resourceConfigurationId } = association;
  const scope = { account, region };
  // Whichever side makes the association, it takes this name.
  const network = scopeOfArn(association.serviceNetworkArn);
  const partner = partnerKey("snra", association);
  return {
    self: { owner: owners.resourceAssociations(scope), id },
    onConfiguration: { owner: owners.associationsOf(resourceConfigurationId), id },
    pair: { owner: owners.names(network, `associated-resources/${serviceNetworkId}`), id: resourceConfigurationId },
    ...(partner === undefined ? {} : { partner }),
  };
}
