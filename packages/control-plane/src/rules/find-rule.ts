import { invalidFields, type Key, notFound, owners, type Rule } from "@pergola/core";
import { type FoundListener, findListener, lockListener } from "../listeners/find-listener.ts";
import { locate } from "../locate.ts";
import type { OperationContext } from "../operation.ts";

/** Name of the rule that stands for a listener's default action. AWS does not document one. */
export const defaultRuleName = "default";

export interface FoundRule extends FoundListener {
  readonly ruleKey: Key;
  readonly rule: Rule;
}

/** Labels of every operation on a rule. */
interface RuleLabels {
  readonly serviceIdentifier: string;
  readonly listenerIdentifier: string;
  readonly ruleIdentifier: string;
}

export function ruleKey(listenerId: string, ruleId: string): Key {
  return { owner: owners.rules(listenerId), id: ruleId };
}

/**
 * @returns a rule with its listener and service; an id is looked up within the listener given
 * @throws LatticeError ResourceNotFoundException, or ValidationException for the ARN of another listener's rule
 */
export async function findRule(context: OperationContext, labels: RuleLabels): Promise<FoundRule> {
  return ruleOf(context, await findListener(context, labels), labels.ruleIdentifier);
}

/**
 * Like `findRule`, for changes: no other writer below the service can win against this transaction.
 * @throws LatticeError also ValidationException for the default rule, and ConflictException while the listener is being deleted
 */
export async function lockRule(context: OperationContext, labels: RuleLabels): Promise<FoundRule> {
  const found = await ruleOf(context, await lockListener(context, labels), labels.ruleIdentifier);
  requireChangeable(found.rule);
  return found;
}

/**
 * @returns the rule of a listener that an identifier names
 * @throws LatticeError as `findRule`
 */
export async function ruleOf(context: OperationContext, found: FoundListener, identifier: string): Promise<FoundRule> {
  const { id, arn } = locate(context, identifier);
  const { listener } = found;
  if (arn !== undefined && (arn.serviceId !== listener.serviceId || arn.listenerId !== listener.id)) {
    throw invalidFields([
      {
        name: "ruleIdentifier",
        message: `must name a rule of listener \`${listener.id}\` of service \`${listener.serviceId}\``,
      },
    ]);
  }
  const key = ruleKey(listener.id, id);
  const rule = await context.tx.get<Rule>(key);
  if (rule === undefined || (arn !== undefined && identifier !== rule.arn)) throw notFound("RULE", identifier);
  return { ...found, ruleKey: key, rule };
}

/** @throws LatticeError ValidationException for the default rule. Source: user guide, listener rules, read 2026-11. */
export function requireChangeable(rule: Rule): void {
  if (!rule.isDefault) return;
  throw invalidFields([
    {
      name: "ruleIdentifier",
      message: "must not name the default rule; change it by UpdateListener, delete it with its listener",
    },
  ]);
}
