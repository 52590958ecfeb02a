import {
  conflict,
  type Key,
  resourceArn,
  type Service,
  type ServiceNetwork,
  type ServiceNetworkServiceAssociation,
} from "@pergola/core";
import { serviceAssociationPointer } from "../compile-snapshot.ts";
import { required } from "../constraint.ts";
import { clientToken, serviceIdentifier, serviceNetworkIdentifier, tags } from "../field-constraints.ts";
import { newResource, requireSettled } from "../lifecycle.ts";
import { type OperationContext, operation } from "../operation.ts";
import { quotas, requireQuota } from "../quota.ts";
import { createPartner } from "../sharing/association-sides.ts";
import { requireOneOwn, useService, useServiceNetwork } from "../sharing/use-resource.ts";
import { serviceAssociationKeys } from "./service-association-keys.ts";
import { serviceAssociationView } from "./service-association-view.ts";

const action = "vpc-lattice:CreateServiceNetworkServiceAssociation";

/** CreateServiceNetworkServiceAssociation: one side may be another account's, which shares it; once for each pair; custom domain names are unique within a network. */
export const createServiceNetworkServiceAssociation = operation(
  {
    serviceIdentifier: required(serviceIdentifier),
    serviceNetworkIdentifier: required(serviceNetworkIdentifier),
    clientToken,
    tags,
  },
  async (input, context) => {
    const { tx } = context;
    const service = await useService(context, input.serviceIdentifier, action);
    const network = await useServiceNetwork(context, input.serviceNetworkIdentifier, action);
    requireOneOwn(context, service.value, network.value);
    requireSettled(context, "SERVICE", service.value);
    const association = newAssociation(context, service.value, network.value, input.tags);
    const keys = serviceAssociationKeys(association);
    await requirePairFree(context, keys.pair, association);
    tx.create(keys.pair, { id: association.id });
    if (keys.customDomain !== undefined) {
      await requireDomainFree(context, keys.customDomain, association);
      tx.create(keys.customDomain, { id: association.id });
    }
    const serviceCount = network.value.serviceCount + 1;
    requireQuota(
      context,
      quotas.serviceAssociations,
      serviceCount,
      "SERVICE_NETWORK_SERVICE_ASSOCIATION",
      network.value.id,
    );
    tx.create(keys.self, association);
    tx.create(keys.onService, serviceAssociationPointer(association));
    tx.create(keys.onNetwork, serviceAssociationPointer(association));
    createPartner(context, "snsa", association);
    tx.put(network.key, { ...network.value, serviceCount });
    tx.touchService(service.value);
    tx.touchNetwork(network.value);
    return { ...serviceAssociationView(association, context), status: "CREATE_IN_PROGRESS" };
  },
);

function newAssociation(
  context: OperationContext,
  service: Service,
  network: ServiceNetwork,
  tagsGiven: Readonly<Record<string, string>> | undefined,
): ServiceNetworkServiceAssociation {
  const id = context.newId("snsa");
  return {
    ...newResource(context, id, resourceArn(context.caller, "snsa", id), tagsGiven),
    serviceNetworkId: network.id,
    serviceNetworkName: network.name,
    serviceNetworkArn: network.arn,
    serviceId: service.id,
    serviceName: service.name,
    serviceArn: service.arn,
    createdBy: context.caller.account,
    dnsEntry: service.dnsEntry,
    ...(service.customDomainName === undefined ? {} : { customDomainName: service.customDomainName }),
  };
}

async function requirePairFree(
  { tx }: OperationContext,
  pair: Key,
  { serviceId, serviceNetworkId }: ServiceNetworkServiceAssociation,
): Promise<void> {
  const holder = await tx.get<{ id: string }>(pair);
  if (holder === undefined) return;
  throw conflict(
    "SERVICE_NETWORK_SERVICE_ASSOCIATION",
    holder.id,
    `an association of ${serviceId} and ${serviceNetworkId} already exists: ${holder.id}`,
  );
}

async function requireDomainFree(
  { tx }: OperationContext,
  customDomain: Key,
  { serviceNetworkId, customDomainName }: ServiceNetworkServiceAssociation,
): Promise<void> {
  const holder = await tx.get<{ id: string }>(customDomain);
  if (holder === undefined) return;
  throw conflict(
    "SERVICE_NETWORK",
    serviceNetworkId,
    `${serviceNetworkId} has another service with the custom domain name \`${customDomainName}\` (association ${holder.id})`,
  );
}
