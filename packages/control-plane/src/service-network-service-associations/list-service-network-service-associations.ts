import { invalidFields, owners, type ServiceNetworkServiceAssociation } from "@pergola/core";
import type { AssociationPointer } from "../compile-snapshot.ts";
import { paging, serviceIdentifier, serviceNetworkIdentifier } from "../field-constraints.ts";
import { query } from "../operation.ts";
import { listPage } from "../page.ts";
import { isParty } from "../sharing/association-sides.ts";
import { listedSide } from "../sharing/listed-side.ts";
import { serviceAssociationView } from "./service-association-view.ts";

const action = "vpc-lattice:ListServiceNetworkServiceAssociations";

/** ListServiceNetworkServiceAssociations: of a service, of a network, or of the pair. */
export const listServiceNetworkServiceAssociations = query(
  { ...paging, serviceIdentifier, serviceNetworkIdentifier },
  async (input, context) => {
    const { serviceIdentifier: ofService, serviceNetworkIdentifier: ofNetwork } = input;
    const service =
      ofService === undefined ? undefined : await listedSide(context, ofService, action, "vpc-lattice:GetService");
    const network =
      ofNetwork === undefined
        ? undefined
        : await listedSide(context, ofNetwork, action, "vpc-lattice:GetServiceNetwork");
    const networkId = network?.id;
    const listedBy = (service ?? network)?.id;
    if (listedBy === undefined) {
      const message = "is required unless `serviceIdentifier` is given";
      throw invalidFields([{ name: "serviceNetworkIdentifier", message }]);
    }
    return listPage<AssociationPointer, unknown>(
      context,
      "service-associations",
      owners.associationsOf(listedBy),
      input,
      async (pointer) => {
        if (pointer.serviceId === undefined) return undefined;
        if (networkId !== undefined && pointer.serviceNetworkId !== networkId) return undefined;
        const key = { owner: owners.serviceAssociations(pointer), id: pointer.associationId };
        const association = await context.tx.read<ServiceNetworkServiceAssociation>(key);
        if (association === undefined) return undefined;
        // Who may list a shared network's services sees all of them, since its clients may call them all.
        if (network?.mayList !== true && !isParty(context, association)) return undefined;
        return serviceAssociationView(association, context);
      },
    );
  },
);
