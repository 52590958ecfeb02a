import {
  type AccessLogSubscription,
  type DomainVerification,
  type ErrorResourceType,
  type IdPrefix,
  type Key,
  type LatticeArn,
  LatticeError,
  notFound,
  owners,
  parseLatticeArn,
  type ResourceConfiguration,
  type ResourceGateway,
  type Scope,
  type Service,
  type ServiceNetwork,
  type ServiceNetworkResourceAssociation,
  type ServiceNetworkServiceAssociation,
  type ServiceNetworkVpcAssociation,
  type TargetGroup,
} from "@pergola/core";
import type { OperationContext } from "./operation.ts";
import type { AssociationKind, PartnerAssociation } from "./sharing/association-sides.ts";

/** Where an identifier points: an id lies in the caller's own account and region, an ARN says where. */
export interface Located extends Scope {
  readonly id: string;
  readonly arn?: LatticeArn;
}

/**
 * @returns id and scope of an identifier that has passed its constraint
 * @throws LatticeError AccessDeniedException for another account's resource; `sharing/use-resource.ts` has those that are shared
 */
export function locate({ caller }: OperationContext, identifier: string): Located {
  const arn = parseLatticeArn(identifier);
  if (arn === undefined) return { id: identifier, account: caller.account, region: caller.region };
  if (arn.account !== caller.account) {
    throw new LatticeError(
      "AccessDeniedException",
      `\`${identifier}\` belongs to another account and is not shared with ${caller.account}`,
    );
  }
  return { id: arn.id, account: arn.account, region: arn.region, arn };
}

async function getResource<T extends { readonly arn: string }>(
  context: OperationContext,
  identifier: string,
  ownerOf: (scope: Scope) => string,
  type: ErrorResourceType,
): Promise<{ readonly key: Key; readonly value: T }> {
  const { id, arn, ...scope } = locate(context, identifier);
  // An endpoint knows the resources of its own region only, as AWS's do.
  if (scope.region !== context.caller.region) throw notFound(type, identifier);
  const key = { owner: ownerOf(scope), id };
  const value = await context.tx.get<T>(key);
  if (value === undefined || (arn !== undefined && identifier !== value.arn)) throw notFound(type, identifier);
  return { key, value };
}

/** Finds an association from either side. */
async function getAssociation<T extends { readonly arn: string }>(
  context: OperationContext,
  identifier: string,
  kind: AssociationKind,
  ownerOf: (scope: Scope) => string,
  type: ErrorResourceType,
): Promise<{ readonly key: Key; readonly value: T }> {
  const { id, account, region } = locate(context, identifier);
  const { tx, caller } = context;
  const partner =
    region === caller.region
      ? await tx.get<PartnerAssociation>({ owner: owners.partnerAssociations({ account, region }, kind), id })
      : undefined;
  if (partner === undefined) return getResource<T>(context, identifier, ownerOf, type);
  const key = { owner: ownerOf({ account: partner.home, region }), id };
  const value = await tx.get<T>(key);
  if (value === undefined || (identifier !== id && identifier !== partner.arn)) throw notFound(type, identifier);
  return { key, value };
}

/** @throws LatticeError ResourceNotFoundException */
export function getService(context: OperationContext, identifier: string): Promise<{ key: Key; value: Service }> {
  return getResource<Service>(context, identifier, owners.services, "SERVICE");
}

/** @throws LatticeError ResourceNotFoundException */
export function getServiceNetwork(
  context: OperationContext,
  identifier: string,
): Promise<{ key: Key; value: ServiceNetwork }> {
  return getResource<ServiceNetwork>(context, identifier, owners.serviceNetworks, "SERVICE_NETWORK");
}

/** @throws LatticeError ResourceNotFoundException */
export function getTargetGroup(
  context: OperationContext,
  identifier: string,
): Promise<{ key: Key; value: TargetGroup }> {
  return getResource<TargetGroup>(context, identifier, owners.targetGroups, "TARGET_GROUP");
}

/** @throws LatticeError ResourceNotFoundException */
export function getServiceAssociation(
  context: OperationContext,
  identifier: string,
): Promise<{ key: Key; value: ServiceNetworkServiceAssociation }> {
  const type = "SERVICE_NETWORK_SERVICE_ASSOCIATION";
  return getAssociation(context, identifier, "snsa", owners.serviceAssociations, type);
}

/** @throws LatticeError ResourceNotFoundException */
export function getVpcAssociation(
  context: OperationContext,
  identifier: string,
): Promise<{ key: Key; value: ServiceNetworkVpcAssociation }> {
  return getAssociation(context, identifier, "snva", owners.vpcAssociations, "SERVICE_NETWORK_VPC_ASSOCIATION");
}

/** @throws LatticeError ResourceNotFoundException */
export function getLogSubscription(
  context: OperationContext,
  identifier: string,
): Promise<{ key: Key; value: AccessLogSubscription }> {
  return getResource(context, identifier, owners.logSubscriptions, "ACCESS_LOG_SUBSCRIPTION");
}

/** @throws LatticeError ResourceNotFoundException */
export function getResourceGateway(
  context: OperationContext,
  identifier: string,
): Promise<{ key: Key; value: ResourceGateway }> {
  return getResource(context, identifier, owners.resourceGateways, "RESOURCE_GATEWAY");
}

/** @throws LatticeError ResourceNotFoundException */
export function getResourceConfiguration(
  context: OperationContext,
  identifier: string,
): Promise<{ key: Key; value: ResourceConfiguration }> {
  return getResource(context, identifier, owners.resourceConfigurations, "RESOURCE_CONFIGURATION");
}

/** @throws LatticeError ResourceNotFoundException */
export function getResourceAssociation(
  context: OperationContext,
  identifier: string,
): Promise<{ key: Key; value: ServiceNetworkResourceAssociation }> {
  const type = "SERVICE_NETWORK_RESOURCE_ASSOCIATION";
  return getAssociation(context, identifier, "snra", owners.resourceAssociations, type);
}

/** @throws LatticeError ResourceNotFoundException */
export function getDomainVerification(
  context: OperationContext,
  identifier: string,
): Promise<{ key: Key; value: DomainVerification }> {
  return getResource(context, identifier, owners.domainVerifications, "DOMAIN_VERIFICATION");
}

/** Kinds whose items stand directly below account and region. */
export const ownerByPrefix: Partial<Record<IdPrefix, (scope: Scope) => string>> = {
  svc: owners.services,
  sn: owners.serviceNetworks,
  tg: owners.targetGroups,
  snsa: owners.serviceAssociations,
  snva: owners.vpcAssociations,
  als: owners.logSubscriptions,
  rgw: owners.resourceGateways,
  rcfg: owners.resourceConfigurations,
  snra: owners.resourceAssociations,
  dv: owners.domainVerifications,
};
