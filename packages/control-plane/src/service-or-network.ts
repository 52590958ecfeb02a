import { invalidFields, isResourceId, type Scope, type Service, type ServiceNetwork } from "@pergola/core";
import { getService, getServiceNetwork, locate } from "./locate.ts";
import type { OperationContext } from "./operation.ts";

/** What can have an auth policy and access log subscriptions. */
export type ServiceOrNetwork =
  | { readonly kind: "service"; readonly value: Service }
  | { readonly kind: "service-network"; readonly value: ServiceNetwork };

/**
 * @param identifier of a service or network; it has passed `policyResourceIdentifier`, which also admits resource configurations
 * @throws LatticeError ResourceNotFoundException; ValidationException for a resource configuration, which Pergola does not have
 */
export async function getServiceOrNetwork(context: OperationContext, identifier: string): Promise<ServiceOrNetwork> {
  const id = serviceOrNetworkId(context, identifier);
  if (isResourceId("svc", id)) return { kind: "service", value: (await getService(context, identifier)).value };
  return { kind: "service-network", value: (await getServiceNetwork(context, identifier)).value };
}

/** @returns the id in an identifier that has passed `policyResourceIdentifier` */
export function serviceOrNetworkId(context: OperationContext, identifier: string): string {
  const { id } = locate(context, identifier);
  if (isResourceId("svc", id) || isResourceId("sn", id)) return id;
  throw invalidFields([
    { name: "resourceIdentifier", message: "must be the id or ARN of a service or service network" },
  ]);
}

/** Has the snapshot of a service or network compiled anew at commit. */
export function touchServiceOrNetwork({ tx }: OperationContext, { account, region }: Scope, id: string): void {
  if (isResourceId("svc", id)) tx.touchService({ account, region, id });
  else tx.touchNetwork({ account, region, id });
}
