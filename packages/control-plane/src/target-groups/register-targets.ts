import { owners, type Target, type TargetGroup, targetKey } from "@pergola/core";
import { list, required } from "../constraint.ts";
import { targetGroupIdentifier } from "../field-constraints.ts";
import { requireSettled } from "../lifecycle.ts";
import { getTargetGroup } from "../locate.ts";
import { type OperationContext, operation } from "../operation.ts";
import { quotas, requireQuota } from "../quota.ts";
import {
  namedTarget,
  newTarget,
  type TargetFailure,
  type TargetInput,
  targetFault,
  targetIdentity,
  targetMembers,
} from "./target-id.ts";

/** Two items for each target, and the group: one transaction of at most 100. */
const writesAtOnce = 49;

/**
 * RegisterTargets: 1 to 100 at once, each on its own; registering a target again changes nothing, and revives one that drains.
 * Runs in several transactions when there are many; what an earlier one wrote counts as registered in the next.
 */
export const registerTargets = operation(
  { targetGroupIdentifier: required(targetGroupIdentifier), targets: required(list(targetMembers, 1, 100)) },
  async (input, context) => {
    const { tx } = context;
    const { key, value: group } = await getTargetGroup(context, input.targetGroupIdentifier);
    requireSettled(context, "TARGET_GROUP", group);
    const known = await targetsByKey(context, group);
    const named = input.targets.flatMap((target) => namedTarget(group, target) ?? []);
    await context.targets.resolve?.(named);
    const { added, successful, unsuccessful } = sort(context, group, input.targets, known);
    if (added.length > 0) requireQuota(context, quotas.targets, known.size, "TARGET", group.id);
    for (const target of added.slice(0, writesAtOnce)) {
      tx.put({ owner: owners.targets(group.id), id: targetKey(target) }, target);
      // What was found out about a target in an earlier life of it says nothing about this one.
      tx.delete({ owner: owners.health(group.id), id: targetKey(target) });
    }
    // Rewritten so that its version moves: a racing DeleteTargetGroup, or another registration that counted too, then starts again.
    if (added.length > 0) tx.put(key, group);
    if (added.length > writesAtOnce) tx.continueAfterCommit();
    return { successful, unsuccessful };
  },
);

async function targetsByKey({ tx }: OperationContext, { id }: TargetGroup): Promise<Map<string, Target>> {
  const targets = await tx.all<Target>(owners.targets(id));
  return new Map(targets.map((target) => [targetKey(target), target]));
}

/** @param known what is registered; gets what is to be added too */
function sort(
  context: OperationContext,
  group: TargetGroup,
  targets: readonly TargetInput[],
  known: Map<string, Target>,
): { added: Target[]; successful: TargetInput[]; unsuccessful: TargetFailure[] } {
  const added: Target[] = [];
  const successful: TargetInput[] = [];
  const unsuccessful: TargetFailure[] = [];
  for (const given of targets) {
    const identity = targetIdentity(group, given);
    const key = targetKey(identity);
    const present = known.get(key);
    const isLive = present !== undefined && present.drainingSince === undefined;
    const fault = isLive ? undefined : (targetFault(context, group, identity) ?? singleFault(group, known, present));
    if (fault !== undefined) {
      unsuccessful.push({ ...given, ...fault });
      continue;
    }
    successful.push(identity);
    if (isLive) continue;
    const target = newTarget(group, identity, context.now);
    known.set(key, target);
    added.push(target);
  }
  return { added, successful, unsuccessful };
}

/** A group of type LAMBDA or ALB has one target. Source: VPC Lattice user guide, target groups, read 2026-11. */
function singleFault(
  { id, type }: TargetGroup,
  known: ReadonlyMap<string, Target>,
  present: Target | undefined,
): Pick<TargetFailure, "failureCode" | "failureMessage"> | undefined {
  if ((type !== "LAMBDA" && type !== "ALB") || known.size === 0 || present !== undefined) return undefined;
  const failureMessage = `${id} has a target, and a target group of type ${type} has one at most; deregister it first`;
  return { failureCode: "TargetLimitExceeded", failureMessage };
}
