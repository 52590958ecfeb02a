import { invalidFields, owners, type ServiceNetworkServiceAssociation } from "@pergola/core";
import type { AssociationPointer } from "../compile-snapshot.ts";
import { paging, serviceIdentifier, serviceNetworkIdentifier } from "../field-constraints.ts";
import { locate } from "../locate.ts";
import { type OperationContext, query } from "../operation.ts";
import { listPage } from "../page.ts";
import { serviceAssociationView } from "./service-association-view.ts";

/** ListServiceNetworkServiceAssociations: of a service, of a network, or of the pair. */
export const listServiceNetworkServiceAssociations = query(
  { ...paging, serviceIdentifier, serviceNetworkIdentifier },
  async (input, context) => {
    const serviceId = idOf(context, input.serviceIdentifier);
    const networkId = idOf(context, input.serviceNetworkIdentifier);
    const listedBy = serviceId ?? networkId;
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
        return association && serviceAssociationView(association, context.now);
      },
    );
  },
);

function idOf(context: OperationContext, identifier: string | undefined): string | undefined {
  return identifier === undefined ? undefined : locate(context, identifier).id;
}
