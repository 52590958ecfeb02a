import {
  type AccessLogSubscription,
  type ErrorResourceType,
  type IdPrefix,
  type Key,
  type LatticeArn,
  notFound,
  owners,
  parseLatticeArn,
  type ResourceBase,
} from "@pergola/core";
import { subscriptionOfResourceKey } from "../access-log-subscriptions/subscription-keys.ts";
import { type Constraint, text } from "../constraint.ts";
import { locate, ownerByPrefix } from "../locate.ts";
import type { OperationContext } from "../operation.ts";

/** Any Lattice ARN; also one of a kind that Pergola does not have, which is then not found. */
export const resourceArn: Constraint<string> = text({
  max: 1224,
  pattern: /^arn:[a-z0-9][-.a-z0-9]{0,62}:vpc-lattice:[a-z0-9-]{1,63}:\d{12}:[^/].{0,1023}$/,
  form: "the ARN of a VPC Lattice resource",
});

const errorTypes: Record<IdPrefix, ErrorResourceType> = {
  svc: "SERVICE",
  sn: "SERVICE_NETWORK",
  listener: "LISTENER",
  rule: "RULE",
  tg: "TARGET_GROUP",
  snsa: "SERVICE_NETWORK_SERVICE_ASSOCIATION",
  snva: "SERVICE_NETWORK_VPC_ASSOCIATION",
  als: "ACCESS_LOG_SUBSCRIPTION",
  rgw: "RESOURCE_GATEWAY",
  rcfg: "RESOURCE_CONFIGURATION",
  snra: "SERVICE_NETWORK_RESOURCE_ASSOCIATION",
  rea: "RESOURCE_ENDPOINT_ASSOCIATION",
  dv: "DOMAIN_VERIFICATION",
};

interface Tagged {
  readonly arn: LatticeArn;
  readonly key: Key;
  readonly value: ResourceBase;
}

/** @throws LatticeError ResourceNotFoundException, AccessDeniedException for another account's resource */
export async function getTagged(context: OperationContext, identifier: string): Promise<Tagged> {
  const arn = parseLatticeArn(identifier);
  // An ARN of a kind that Pergola does not have: AWS names it like the resource it would be, which is none here.
  if (arn === undefined) throw notFound("SERVICE", identifier);
  locate(context, identifier);
  const key = taggedKey(arn);
  const isHere = arn.region === context.caller.region;
  const partner = partnerTagsKey(arn);
  if (isHere && partner !== undefined) {
    const view = await context.tx.get<ResourceBase>(partner);
    if (view?.arn === identifier) return { arn, key: partner, value: view };
  }
  const value = key !== undefined && isHere ? await context.tx.get<ResourceBase>(key) : undefined;
  if (key === undefined || value === undefined || value.arn !== identifier)
    throw notFound(errorTypes[arn.prefix], identifier);
  return { arn, key, value };
}

/** @returns where the resource is; undefined for associations with VPC endpoints, which are EC2's and have no tags here */
export function taggedKey(arn: LatticeArn): Key | undefined {
  const { prefix, id, serviceId = "", listenerId = "" } = arn;
  if (prefix === "listener") return { owner: owners.listeners(serviceId), id };
  if (prefix === "rule") return { owner: owners.rules(listenerId), id };
  const ownerOf = ownerByPrefix[prefix];
  return ownerOf === undefined ? undefined : { owner: ownerOf(arn), id };
}

/** @returns where the tags are that an account gives an association which another account made with it */
export function partnerTagsKey(arn: LatticeArn): Key | undefined {
  const { prefix, id } = arn;
  if (prefix !== "snsa" && prefix !== "snva" && prefix !== "snra") return undefined;
  return { owner: owners.partnerAssociations(arn, prefix), id };
}

/** Writes a resource's tags, wherever copies of them are. Tags do not change `lastUpdatedAt`. */
export function putTags(
  { tx }: OperationContext,
  { arn, key, value }: Tagged,
  tags: Readonly<Record<string, string>>,
): void {
  const tagged = { ...value, tags };
  tx.put(key, tagged);
  if (arn.prefix === "als") tx.put(subscriptionOfResourceKey(value as AccessLogSubscription), tagged);
  const serviceId = arn.prefix === "svc" ? arn.id : arn.serviceId;
  if (serviceId !== undefined) tx.touchService({ account: arn.account, region: arn.region, id: serviceId });
}
