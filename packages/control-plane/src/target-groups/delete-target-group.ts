import { conflict, owners, type Target, type TargetGroup } from "@pergola/core";
import { required } from "../constraint.ts";
import { targetGroupIdentifier } from "../field-constraints.ts";
import { requireSettled } from "../lifecycle.ts";
import { getTargetGroup } from "../locate.ts";
import { type OperationContext, operation } from "../operation.ts";
import { countGone } from "../quota.ts";
import { nameKey } from "../unique-name.ts";

/** Leaves room for the group and its name in one transaction. */
const healthItemsAtOnce = 90;

/** DeleteTargetGroup: refused while a listener or rule forwards to it, and while a target is registered or draining. */
export const deleteTargetGroup = operation(
  { targetGroupIdentifier: required(targetGroupIdentifier) },
  async (input, context) => {
    const { tx } = context;
    const { key, value: group } = await getTargetGroup(context, input.targetGroupIdentifier);
    requireSettled(context, "TARGET_GROUP", group);
    await requireFree(context, group);
    const answer = { id: group.id, arn: group.arn, status: "DELETE_IN_PROGRESS" };
    const health = await tx.page(owners.health(group.id), { limit: healthItemsAtOnce });
    for (const { owner, id } of health.items) tx.delete({ owner, id });
    if (health.more) {
      tx.continueAfterCommit();
      return answer;
    }
    await countGone(context, "targetGroups");
    tx.delete(nameKey(group, "TargetGroup", group.name));
    tx.delete(key);
    return answer;
  },
);

/** RegisterTargets rewrites the group, so a target that comes after this listing makes the deletion start again. */
async function requireFree({ tx }: OperationContext, { id, serviceId }: TargetGroup): Promise<void> {
  if (serviceId !== undefined) {
    throw conflict("TARGET_GROUP", id, `TargetGroup ${id} is in use by service ${serviceId}`);
  }
  const targets = await tx.page<Target>(owners.targets(id), { limit: 1 });
  if (targets.items.length > 0) {
    throw conflict("TARGET_GROUP", id, `TargetGroup ${id} has registered or draining targets; deregister them first`);
  }
}
