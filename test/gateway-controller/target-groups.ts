import { isDeepStrictEqual } from "node:util";
import type { HealthCheckConfig, TargetGroupConfig } from "@aws-sdk/client-vpc-lattice";
import { ApiError, type Cloud, Retry } from "./cloud.ts";
import { type Backend, type GroupSource, groupName } from "./routes.ts";
import { groupsWithTags, ownerTags, type Tags, tagKeys, tagsOfAll, updateTags } from "./tags.ts";

export interface GroupSpec {
  readonly source: GroupSource;
  readonly config: TargetGroupConfig;
  readonly tags?: Tags | undefined;
}

/** @returns the target group of a backend as its source wants it */
export function groupSpec(
  cloud: Cloud,
  source: GroupSource,
  { healthCheck, protocol = "HTTP" }: Backend,
  tags?: Tags,
): GroupSpec {
  const common = { port: 80, vpcIdentifier: cloud.cluster.vpcId, ipAddressType: "IPV4" } as const;
  const checked = healthCheck === undefined ? {} : { healthCheck };
  if (source.kind === "TLSRoute") return { source, tags, config: { ...common, protocol: "TCP", ...checked } };
  const protocolVersion = source.kind === "GRPCRoute" ? "GRPC" : "HTTP1";
  return { source, tags, config: { ...common, protocol, protocolVersion, ...checked } };
}

export function sourceTags({ cluster }: Cloud, { source, config }: GroupSpec): Tags {
  const tags = {
    [tagKeys.cluster]: cluster.name,
    [tagKeys.service]: source.service,
    [tagKeys.serviceNamespace]: source.namespace,
    [tagKeys.source]: source.kind,
    [tagKeys.protocolVersion]: config.protocolVersion ?? "",
  };
  if (source.route === undefined) return tags;
  return { ...tags, [tagKeys.route]: source.route, [tagKeys.routeNamespace]: source.namespace };
}

/** Finds or makes a target group, and has its health check be as wanted. @returns its id @throws Retry */
export async function upsertGroup(cloud: Cloud, spec: GroupSpec): Promise<string> {
  const found = await findGroup(cloud, spec);
  if (found === undefined) {
    const tags = { ...spec.tags, ...ownerTags(cloud), ...sourceTags(cloud, spec) };
    const { config, source } = spec;
    const made = await cloud.call("CreateTargetGroup", { name: groupName(source), type: "IP", config, tags });
    return made.id ?? "";
  }
  const { id = "", arn = "", config } = found;
  await updateTags(cloud, arn, spec.tags);
  const healthCheck = wantedHealthCheck(spec.config);
  if (!isDeepStrictEqual(config?.healthCheck, healthCheck)) {
    await cloud.call("UpdateTargetGroup", { targetGroupIdentifier: id, healthCheck });
  }
  return id;
}

/** By tags, and then by what cannot be changed of a target group. @throws Retry while it is on its way */
export async function findGroup(cloud: Cloud, spec: GroupSpec) {
  for (const targetGroupIdentifier of await groupsWithTags(cloud, sourceTags(cloud, spec))) {
    const group = await cloud.call("GetTargetGroup", { targetGroupIdentifier }).catch((error: unknown) => {
      if (error instanceof ApiError && error.is("ResourceNotFoundException")) return undefined;
      throw error;
    });
    if (group === undefined || group.status === "CREATE_FAILED" || !sameGroup(group, spec.config)) continue;
    if (group.status?.endsWith("_IN_PROGRESS")) throw new Retry(`${group.id} is ${group.status}`);
    return group;
  }
  return undefined;
}

function sameGroup(
  { type, config }: { type?: string | undefined; config?: TargetGroupConfig | undefined },
  wanted: TargetGroupConfig,
): boolean {
  const fixed = ({ port, protocol, ipAddressType, vpcIdentifier }: TargetGroupConfig) =>
    [port, protocol, ipAddressType, vpcIdentifier].join();
  return type === "IP" && config !== undefined && fixed(config) === fixed(wanted);
}

/** The controller's own idea of the defaults: what it compares with the answer of GetTargetGroup. */
export function wantedHealthCheck({ protocol, protocolVersion, healthCheck }: TargetGroupConfig): HealthCheckConfig {
  if (protocol === "TCP") return { enabled: false, ...healthCheck };
  return {
    enabled: protocolVersion === "HTTP1",
    protocol: "HTTP",
    protocolVersion: protocolVersion === "HTTP2" ? "HTTP2" : "HTTP1",
    path: "/",
    matcher: { httpCode: "200" },
    healthyThresholdCount: 5,
    unhealthyThresholdCount: 2,
    healthCheckTimeoutSeconds: 5,
    healthCheckIntervalSeconds: 30,
    ...healthCheck,
  };
}

/** Takes all targets out of a group and deletes it; one that is gone is done. @throws Retry while a target drains */
export async function deleteGroup(cloud: Cloud, targetGroupIdentifier: string): Promise<void> {
  try {
    const targets = await cloud.all("ListTargets", { targetGroupIdentifier });
    const draining = targets.filter(({ status }) => status === "DRAINING").length;
    if (draining > 0) throw new Retry(`${draining} targets of ${targetGroupIdentifier} are DRAINING`);
    for (let first = 0; first < targets.length; first += 100) {
      const chunk = targets.slice(first, first + 100).map(({ id, port }) => ({ id, port }));
      const { unsuccessful = [] } = await cloud.call("DeregisterTargets", { targetGroupIdentifier, targets: chunk });
      if (unsuccessful.length > 0) throw new Error(`not deregistered: ${JSON.stringify(unsuccessful)}`);
    }
    await cloud.call("DeleteTargetGroup", { targetGroupIdentifier });
  } catch (error) {
    if (!(error instanceof ApiError && error.is("ResourceNotFoundException"))) throw error;
  }
}

/**
 * Deletes the cluster's target groups that no service uses and nothing wants any more.
 * @param isWanted whether a target group's source is still there and still as the group is
 * @returns ids of those that were deleted
 */
export async function collectGarbage(
  cloud: Cloud,
  isWanted: (tags: Tags, group: { port?: number | undefined; protocol?: string | undefined }) => boolean,
): Promise<string[]> {
  const groups = await cloud.all("ListTargetGroups", {});
  const tags = await tagsOfAll(
    cloud,
    groups.map(({ arn = "" }) => arn),
  );
  const unused = groups.filter(({ arn = "", vpcIdentifier, serviceArns = [], ...group }) => {
    const own = tags.get(arn);
    if (own?.[tagKeys.cluster] !== cloud.cluster.name || vpcIdentifier !== cloud.cluster.vpcId) return false;
    return serviceArns.length === 0 && !isWanted(own, group);
  });
  for (const { id = "" } of unused) await deleteGroup(cloud, id);
  return unused.map(({ id = "" }) => id);
}
