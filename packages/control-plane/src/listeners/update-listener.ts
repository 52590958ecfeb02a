import type { Listener, Rule } from "@pergola/core";
import { required } from "../constraint.ts";
import { listenerIdentifier, serviceIdentifier } from "../field-constraints.ts";
import { updated } from "../lifecycle.ts";
import { operation } from "../operation.ts";
import { ruleKey } from "../rules/find-rule.ts";
import { completeAction, ruleAction } from "../rules/rule-action.ts";
import { replaceTargetGroups, requireTargetGroupQuota } from "../target-groups/target-group-uses.ts";
import { requireDefaultAction } from "./default-action.ts";
import { lockListener } from "./find-listener.ts";
import { listenerView } from "./listener-view.ts";

/** UpdateListener: the default action, and with it the default rule's. Everything else of a listener is immutable. */
export const updateListener = operation(
  {
    serviceIdentifier: required(serviceIdentifier),
    listenerIdentifier: required(listenerIdentifier),
    defaultAction: required(ruleAction),
  },
  async (input, context) => {
    const { tx } = context;
    const { service, key, listener } = await lockListener(context, input);
    const action = completeAction(input.defaultAction, "defaultAction");
    await requireDefaultAction(context, service, listener.protocol, action);
    const before = { ruleId: listener.defaultRuleId, action: listener.defaultAction };
    await replaceTargetGroups(context, service, listener, before, action);
    const defaultRuleKey = ruleKey(listener.id, listener.defaultRuleId);
    const defaultRule = await tx.get<Rule>(defaultRuleKey);
    if (defaultRule === undefined) throw new Error(`listener ${listener.id} has lost its default rule`);
    tx.put(defaultRuleKey, { ...updated(context, defaultRule), action });
    const changed: Listener = { ...updated(context, listener), defaultAction: action };
    tx.put(key, changed);
    await requireTargetGroupQuota(context, service, action);
    return listenerView(changed);
  },
);
