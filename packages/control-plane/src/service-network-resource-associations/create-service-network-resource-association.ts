import { conflict, invalidFields, type Key, type ResourceConfiguration, type ServiceNetwork } from "@pergola/core";
import type { AssociationPointer } from "../compile-snapshot.ts";
import { flag, required } from "../constraint.ts";
import { clientToken, resourceConfigurationIdentifier, serviceNetworkIdentifier, tags } from "../field-constraints.ts";
import { requireSettled } from "../lifecycle.ts";
import { type OperationContext, operation } from "../operation.ts";
import { quotas, requireQuota } from "../quota.ts";
import { createPartner } from "../sharing/association-sides.ts";
import { requireOneOwn, useResourceConfiguration, useServiceNetwork } from "../sharing/use-resource.ts";
import { associateChildren } from "./child-associations.ts";
import { newAssociation } from "./new-association.ts";
import { resourceAssociationKeys } from "./resource-association-keys.ts";
import { resourceAssociationView } from "./resource-association-view.ts";

const action = "vpc-lattice:CreateServiceNetworkResourceAssociation";

/** CreateServiceNetworkResourceAssociation: one side may be another account's, which shares it; once for each pair; a group brings its children. */
export const createServiceNetworkResourceAssociation = operation(
  {
    resourceConfigurationIdentifier: required(resourceConfigurationIdentifier),
    serviceNetworkIdentifier: required(serviceNetworkIdentifier),
    privateDnsEnabled: flag,
    clientToken,
    tags,
  },
  async (input, context) => {
    const { tx } = context;
    const { key, value: configuration } = await useResourceConfiguration(
      context,
      input.resourceConfigurationIdentifier,
      action,
    );
    const network = await useServiceNetwork(context, input.serviceNetworkIdentifier, action);
    requireOneOwn(context, configuration, network.value);
    requireSettled(context, "RESOURCE_CONFIGURATION", configuration);
    requireAssociable(configuration, network.value);
    // Private DNS is always on for ARNs. Source: VPC Lattice user guide, resource configurations, read 2026-11.
    const privateDnsEnabled = configuration.type === "ARN" || (input.privateDnsEnabled ?? false);
    const { id, name, arn } = network.value;
    const association = newAssociation(
      context,
      context.newId("snra"),
      { serviceNetworkId: id, serviceNetworkName: name, serviceNetworkArn: arn },
      configuration,
      { privateDnsEnabled, ...(input.tags === undefined ? {} : { tags: input.tags }) },
    );
    const keys = resourceAssociationKeys(association);
    await requirePairFree(context, keys.pair, configuration, network.value);
    const resourceCount = (network.value.resourceCount ?? 0) + 1;
    requireQuota(context, quotas.resourceAssociations, resourceCount, "SERVICE_NETWORK_RESOURCE_ASSOCIATION", id);
    const { account, region, createdAt } = association;
    const pointer: AssociationPointer = {
      associationId: association.id,
      account,
      region,
      createdAt,
      serviceNetworkId: id,
    };
    tx.create(keys.pair, { id: association.id });
    tx.create(keys.self, association);
    tx.create(keys.onConfiguration, pointer);
    createPartner(context, "snra", association);
    tx.put(network.key, { ...network.value, resourceCount });
    // Rewritten so that its version moves, for a racing deletion and for racing children.
    tx.put(key, configuration);
    if (configuration.type === "GROUP") await associateChildren(context, association);
    return { ...resourceAssociationView(association, context), status: "CREATE_IN_PROGRESS" };
  },
);

function requireAssociable(configuration: ResourceConfiguration, network: ServiceNetwork): void {
  const { id, type, allowAssociationToShareableServiceNetwork: allowed } = configuration;
  const refuse = (message: string): Error => invalidFields([{ name: "resourceConfigurationIdentifier", message }]);
  if (type === "CHILD") throw refuse(`must not name a child: associate its group, \`${groupOf(configuration)}\``);
  if (type === "CIDR") throw refuse("must not name a resource configuration of type CIDR, which VPC endpoints lead to");
  if (network.sharingConfig.enabled && allowed !== true) {
    const fix = "set allowAssociationToShareableServiceNetwork, or use a network without sharing";
    throw refuse(`must allow networks that can be shared, as \`${network.id}\` can, and \`${id}\` does not: ${fix}`);
  }
}

function groupOf({ resourceConfigurationGroupId }: ResourceConfiguration): string {
  return resourceConfigurationGroupId ?? "";
}

async function requirePairFree(
  { tx }: OperationContext,
  pair: Key,
  { id }: ResourceConfiguration,
  network: ServiceNetwork,
): Promise<void> {
  const holder = await tx.get<{ id: string }>(pair);
  if (holder === undefined) return;
  const message = `an association of ${id} and ${network.id} already exists: ${holder.id}`;
  throw conflict("SERVICE_NETWORK_RESOURCE_ASSOCIATION", holder.id, message);
}
