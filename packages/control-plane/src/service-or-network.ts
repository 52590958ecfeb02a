import {
  invalidFields,
  isResourceId,
  type ResourceConfiguration,
  type Scope,
  type Service,
  type ServiceNetwork,
} from "@pergola/core";
import { getResourceConfiguration, getService, getServiceNetwork, locate } from "./locate.ts";
import type { OperationContext } from "./operation.ts";

/** What can have an auth policy. */
export type ServiceOrNetwork =
  | { readonly kind: "service"; readonly value: Service }
  | { readonly kind: "service-network"; readonly value: ServiceNetwork };

/**
 * @param identifier of a service or network; it has passed `policyResourceIdentifier`, which also admits resource configurations
 * @throws LatticeError ResourceNotFoundException; ValidationException for a resource configuration, which has no auth policy
 */
export async function getServiceOrNetwork(context: OperationContext, identifier: string): Promise<ServiceOrNetwork> {
  const id = serviceOrNetworkId(context, identifier);
  if (isResourceId("svc", id)) return { kind: "service", value: (await getService(context, identifier)).value };
  return { kind: "service-network", value: (await getServiceNetwork(context, identifier)).value };
}

/** What can have access log subscriptions. */
export type LoggedResource =
  | ServiceOrNetwork
  | { readonly kind: "resource-configuration"; readonly value: ResourceConfiguration };

/**
 * @param identifier has passed `policyResourceIdentifier`
 * @throws LatticeError ResourceNotFoundException
 */
export async function getLoggedResource(context: OperationContext, identifier: string): Promise<LoggedResource> {
  if (!isResourceId("rcfg", locate(context, identifier).id)) return getServiceOrNetwork(context, identifier);
  const { key, value } = await getResourceConfiguration(context, identifier);
  // Rewritten where a subscription is written, so that a racing deletion of the configuration starts again.
  context.tx.put(key, value);
  return { kind: "resource-configuration", value };
}

function serviceOrNetworkId(context: OperationContext, identifier: string): string {
  const { id } = locate(context, identifier);
  if (isResourceId("svc", id) || isResourceId("sn", id)) return id;
  throw invalidFields([
    { name: "resourceIdentifier", message: "must be the id or ARN of a service or service network" },
  ]);
}

/** Has the snapshot of a service or network compiled anew at commit; resource configurations have none. */
export function touchServiceOrNetwork({ tx }: OperationContext, { account, region }: Scope, id: string): void {
  if (isResourceId("svc", id)) tx.touchService({ account, region, id });
  else if (isResourceId("sn", id)) tx.touchNetwork({ account, region, id });
}
