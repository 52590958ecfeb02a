import { type Key, owners, type ServiceNetworkResourceAssociation } from "@pergola/core";

/**
 * Every item that stands for the association of a resource configuration that was made by itself, all written and deleted with it.
 * A child's association, which comes with its group's, has `self` only.
 */
export function resourceAssociationKeys({
  account,
  region,
  id,
  serviceNetworkId,
  resourceConfigurationId,
}: ServiceNetworkResourceAssociation): {
  readonly self: Key;
  readonly onConfiguration: Key;
  /** Held by the one association of a resource configuration and a network. */
  readonly pair: Key;
} {
  const scope = { account, region };
  return {
    self: { owner: owners.resourceAssociations(scope), id },
    onConfiguration: { owner: owners.associationsOf(resourceConfigurationId), id },
    pair: { owner: owners.names(scope, `associated-resources/${serviceNetworkId}`), id: resourceConfigurationId },
  };
}
