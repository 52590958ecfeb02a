import { required } from "../constraint.ts";
import { listenerIdentifier, ruleIdentifier, serviceIdentifier } from "../field-constraints.ts";
import { operation } from "../operation.ts";
import { releaseTargetGroups } from "../target-groups/target-group-uses.ts";
import { nameKey } from "../unique-name.ts";
import { lockRule } from "./find-rule.ts";

/** DeleteRule: all but the default rule, which goes with its listener. */
export const deleteRule = operation(
  {
    serviceIdentifier: required(serviceIdentifier),
    listenerIdentifier: required(listenerIdentifier),
    ruleIdentifier: required(ruleIdentifier),
  },
  async (input, context) => {
    const { listener, ruleKey, rule } = await lockRule(context, input);
    context.tx.delete(ruleKey);
    context.tx.delete(nameKey(rule, "Rule", rule.name, listener.id));
    await releaseTargetGroups(context, [{ ruleId: rule.id, action: rule.action }]);
    return {};
  },
);
