import { required } from "../constraint.ts";
import { listenerIdentifier, ruleIdentifier, serviceIdentifier } from "../field-constraints.ts";
import { operation } from "../operation.ts";
import { requireTargetGroupQuota, requireTargetGroups } from "../target-groups/target-group-uses.ts";
import { changeRule } from "./change-rule.ts";
import { lockRule } from "./find-rule.ts";
import { completeAction, ruleAction } from "./rule-action.ts";
import { ruleMatch } from "./rule-match.ts";
import { requireFreePriority, rulePriority } from "./rule-priority.ts";

/** UpdateRule: members left out keep their value, a match is replaced as a whole. */
export const updateRule = operation(
  {
    serviceIdentifier: required(serviceIdentifier),
    listenerIdentifier: required(listenerIdentifier),
    ruleIdentifier: required(ruleIdentifier),
    match: ruleMatch,
    priority: rulePriority,
    action: ruleAction,
  },
  async ({ match, priority, action: requested, ...labels }, context) => {
    const found = await lockRule(context, labels);
    const { service, listener, rule } = found;
    const action = requested === undefined ? undefined : completeAction(requested, "action");
    if (action !== undefined) await requireTargetGroups(context, service, listener.protocol, action, "action");
    if (priority !== undefined) await requireFreePriority(context, listener.id, priority, rule.id);
    const changed = await changeRule(context, found, {
      ...(match === undefined ? {} : { match }),
      ...(priority === undefined ? {} : { priority }),
      ...(action === undefined ? {} : { action }),
    });
    await requireTargetGroupQuota(context, service, changed.action);
    return changed;
  },
);
