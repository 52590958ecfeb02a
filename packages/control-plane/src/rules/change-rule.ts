import type { Rule } from "@pergola/core";
import { updated } from "../lifecycle.ts";
import type { OperationContext } from "../operation.ts";
import { replaceTargetGroups } from "../target-groups/target-group-uses.ts";
import type { FoundRule } from "./find-rule.ts";

/** What may change of a rule. */
export type RuleChanges = Partial<Pick<Rule, "match" | "priority" | "action">>;

/**
 * Writes changes that have been checked, together with the uses of target groups. The caller holds the service's lock.
 * @returns the changed rule
 */
export async function changeRule(
  context: OperationContext,
  { service, listener, ruleKey, rule }: FoundRule,
  changes: RuleChanges,
): Promise<Rule> {
  const { id: ruleId, action } = rule;
  if (changes.action !== undefined) {
    await replaceTargetGroups(context, service, listener, { ruleId, action }, changes.action);
  }
  const changed: Rule = { ...updated(context, rule), ...changes };
  context.tx.put(ruleKey, changed);
  return changed;
}
