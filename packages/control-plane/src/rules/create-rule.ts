import { invalidFields, owners, type Rule, ruleArn } from "@pergola/core";
import { required } from "../constraint.ts";
import { clientToken, listenerIdentifier, resourceName, serviceIdentifier, tags } from "../field-constraints.ts";
import { newResource } from "../lifecycle.ts";
import { lockListener } from "../listeners/find-listener.ts";
import { type OperationContext, operation } from "../operation.ts";
import { quotas, requireQuota } from "../quota.ts";
import { requireTargetGroupQuota, requireTargetGroups, useTargetGroups } from "../target-groups/target-group-uses.ts";
import { claimName } from "../unique-name.ts";
import { ruleKey } from "./find-rule.ts";
import { completeAction, ruleAction } from "./rule-action.ts";
import { ruleMatch } from "./rule-match.ts";
import { requireFreePriority, rulePriority } from "./rule-priority.ts";

/** CreateRule. Name and priority are unique in the listener. */
export const createRule = operation(
  {
    serviceIdentifier: required(serviceIdentifier),
    listenerIdentifier: required(listenerIdentifier),
    name: resourceName(63, "rule-"),
    match: required(ruleMatch),
    priority: required(rulePriority),
    action: required(ruleAction),
    clientToken,
    tags,
  },
  async (input, context) => {
    const { service, listener } = await lockListener(context, input);
    if (listener.protocol === "TLS_PASSTHROUGH") {
      throw invalidFields([
        {
          name: "listenerIdentifier",
          message: "must not name a TLS_PASSTHROUGH listener, which has its default rule only",
        },
      ]);
    }
    const action = completeAction(input.action, "action");
    await requireTargetGroups(context, service, listener.protocol, action, "action");
    const id = context.newId("rule");
    await claimName(context, "Rule", input.name, id, listener.id);
    await requireFreePriority(context, listener.id, input.priority, id);
    await requireRoom(context, listener.id);
    const rule: Rule = {
      ...newResource(context, id, ruleArn(service, service.id, listener.id, id), input.tags),
      serviceId: service.id,
      listenerId: listener.id,
      name: input.name,
      isDefault: false,
      priority: input.priority,
      match: input.match,
      action,
    };
    context.tx.create(ruleKey(listener.id, id), rule);
    await useTargetGroups(context, service, listener.id, id, action);
    await requireTargetGroupQuota(context, service, action);
    return rule;
  },
);

async function requireRoom(context: OperationContext, listenerId: string): Promise<void> {
  const rules = await context.tx.all<Rule>(owners.rules(listenerId));
  const count = rules.filter(({ isDefault }) => !isDefault).length;
  requireQuota(context, quotas.rules, count + 1, "RULE", listenerId);
}
