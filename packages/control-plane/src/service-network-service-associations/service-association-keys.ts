import { type Key, owners, type ServiceNetworkServiceAssociation } from "@pergola/core";
import { partnerKey } from "../sharing/association-sides.ts";
import { scopeOfArn } from "../sharing/is-shared.ts";

type Association = ServiceNetworkServiceAssociation;

/** Every item that stands for an association beside the association itself, all written and deleted with it. */
export function serviceAssociationKeys(association: Association): {
  readonly self: Key;
  readonly onService: Key;
  readonly onNetwork: Key;
  /** Held by the one association of a service and a network. */
  readonly pair: Key;
  /** Held by the one service of a network that has a custom domain name. */
  readonly customDomain?: Key;
  /** The other account's view of it. */
  readonly partner?: Key;
} {
  const { account, region, id, serviceId, serviceNetworkId, customDomainName } = association;
  const scope = { account, region };
  // Whichever side makes the association, it takes these names.
  const network = scopeOfArn(association.serviceNetworkArn);
  const partner = partnerKey("snsa", association);
  return {
    self: { owner: owners.serviceAssociations(scope), id },
    onService: { owner: owners.associationsOf(serviceId), id },
    onNetwork: { owner: owners.associationsOf(serviceNetworkId), id },
    pair: { owner: owners.names(network, `associated-services/${serviceNetworkId}`), id: serviceId },
    ...(customDomainName === undefined
      ? {}
      : { customDomain: { owner: owners.names(network, `custom-domains/${serviceNetworkId}`), id: customDomainName } }),
    ...(partner === undefined ? {} : { partner }),
  };
}
