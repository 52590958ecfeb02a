import { owners, type Target, type TargetHealth, targetKey, targetStatus } from "@pergola/core";
import { list, required } from "../constraint.ts";
import { paging, targetGroupIdentifier } from "../field-constraints.ts";
import { getTargetGroup } from "../locate.ts";
import { type OperationContext, query } from "../operation.ts";
import { listPage } from "../page.ts";
import { targetMembers } from "./target-id.ts";

/** ListTargets with their status: all of a group, or those that `targets` names, by id on every port or by id and port. */
export const listTargets = query(
  { ...paging, targetGroupIdentifier: required(targetGroupIdentifier), targets: list(targetMembers, 0, 20) },
  async ({ targetGroupIdentifier: identifier, targets: wanted = [], ...page }, context) => {
    const { value: group } = await getTargetGroup(context, identifier);
    const health = await healthByTarget(context, group.id);
    const isWanted = ({ id, port }: Target): boolean =>
      wanted.length === 0 || wanted.some((one) => one.id === id && (one.port === undefined || one.port === port));
    return listPage<Target, unknown>(context, `targets/${group.id}`, owners.targets(group.id), page, (target) => {
      if (!isWanted(target)) return undefined;
      const found = health.get(targetKey(target));
      const status = targetStatus(group, target, found);
      const reason = status === "UNHEALTHY" && found?.reasonCode !== undefined ? { reasonCode: found.reasonCode } : {};
      return { id: target.id, port: target.port, status, ...reason };
    });
  },
);

/** A group has at most 1,000 targets: one listing instead of one read for each. */
async function healthByTarget({ tx }: OperationContext, groupId: string): Promise<ReadonlyMap<string, TargetHealth>> {
  const { items } = await tx.page<TargetHealth>(owners.health(groupId), { limit: 1000 });
  return new Map(items.map(({ id, value }) => [id, value]));
}
