import type { Cloud } from "./cloud.ts";

export type Tags = Readonly<Record<string, string>>;

const base = "application-networking.k8s.aws/";
const name = (word: string): string => `${base}${word}`;

/** Keys of the controller's tags. */
export const tagKeys = {
  managedBy: name("ManagedBy"),
  cluster: name("ClusterName"),
  service: name("ServiceName"),
  serviceNamespace: name("ServiceNamespace"),
  route: name("RouteName"),
  routeNamespace: name("RouteNamespace"),
  routeType: name("RouteType"),
  source: name("SourceTypeKey"),
  protocolVersion: name("ProtocolVersion"),
  accessLogPolicy: name("AccessLogPolicy"),
} as const;

/** @returns the tag that every resource of a cluster's controller has */
export function ownerTags({ cluster: { account, name, vpcId } }: Cloud): Tags {
  return { [tagKeys.managedBy]: `${account}/${name}/${vpcId}` };
}

export async function tagsOf(cloud: Cloud, resourceArn: string): Promise<Tags> {
  return (await cloud.call("ListTagsForResource", { resourceArn })).tags ?? {};
}

/**
 * Takes a resource without an owner, unless it is about to be deleted.
 * @returns whether it is the controller's
 */
export async function own(cloud: Cloud, resourceArn: string, deleting = false): Promise<boolean> {
  const owner = (await tagsOf(cloud, resourceArn))[tagKeys.managedBy];
  if (owner !== undefined) return owner === ownerTags(cloud)[tagKeys.managedBy];
  if (deleting) return false;
  await cloud.call("TagResource", { resourceArn, tags: ownerTags(cloud) });
  return true;
}

interface Mapping {
  readonly ResourceARN: string;
  readonly Tags: readonly { readonly Key: string; readonly Value: string }[];
}

/** @returns all pages of GetResources; the empty token is the last one's */
async function resourcesWith(cloud: Cloud, filter: object): Promise<Mapping[]> {
  const found: Mapping[] = [];
  for (let PaginationToken = ""; ; ) {
    const page = await cloud.ask("tagging", "GetResources", { ...filter, PaginationToken });
    found.push(...(page.ResourceTagMappingList as Mapping[]));
    PaginationToken = (page.PaginationToken as string | undefined) ?? "";
    if (PaginationToken === "") return found;
  }
}

/** @returns ARNs of the target groups with all these tags */
export async function groupsWithTags(cloud: Cloud, tags: Tags): Promise<string[]> {
  if (cloud.usesTaggingApi) {
    const TagFilters = Object.entries(tags).map(([Key, value]) => ({ Key, Values: [value] }));
    const found = await resourcesWith(cloud, { TagFilters, ResourceTypeFilters: ["vpc-lattice:targetgroup"] });
    return found.map(({ ResourceARN }) => ResourceARN);
  }
  const arns: string[] = [];
  for (const { arn = "" } of await cloud.all("ListTargetGroups", { vpcIdentifier: cloud.cluster.vpcId })) {
    const has = await tagsOf(cloud, arn);
    if (Object.entries(tags).every(([key, value]) => has[key] === value)) arns.push(arn);
  }
  return arns;
}

/** GetResources takes so many ARNs. */
const arnsInOneCall = 100;

/** @returns tags by ARN, of those that have any */
export async function tagsOfAll(cloud: Cloud, arns: readonly string[]): Promise<ReadonlyMap<string, Tags>> {
  const found = new Map<string, Tags>();
  if (!cloud.usesTaggingApi) {
    for (const arn of arns) found.set(arn, await tagsOf(cloud, arn));
    return found;
  }
  for (let first = 0; first < arns.length; first += arnsInOneCall) {
    const ResourceARNList = arns.slice(first, first + arnsInOneCall);
    for (const { ResourceARN, Tags } of await resourcesWith(cloud, { ResourceARNList })) {
      found.set(ResourceARN, Object.fromEntries(Tags.map(({ Key, Value }) => [Key, Value])));
    }
  }
  return found;
}

/** Makes a resource's tags those that a user asked for; the controller's own stay. */
export async function updateTags(cloud: Cloud, arn: string, wanted: Tags = {}): Promise<void> {
  const has = Object.entries((await tagsOfAll(cloud, [arn])).get(arn) ?? {}).filter(([key]) => !key.startsWith(base));
  const TagKeys = has.map(([key]) => key).filter((key) => wanted[key] === undefined);
  const given = new Map(has);
  const Tags = Object.fromEntries(Object.entries(wanted).filter(([key, value]) => given.get(key) !== value));
  if (TagKeys.length > 0) {
    if (cloud.usesTaggingApi) await cloud.ask("tagging", "UntagResources", { ResourceARNList: [arn], TagKeys });
    else await cloud.call("UntagResource", { resourceArn: arn, tagKeys: TagKeys });
  }
  if (Object.keys(Tags).length > 0) {
    if (cloud.usesTaggingApi) await cloud.ask("tagging", "TagResources", { ResourceARNList: [arn], Tags });
    else await cloud.call("TagResource", { resourceArn: arn, tags: Tags });
  }
}
