import { type Listener, owners, type Rule } from "@pergola/core";
import { required } from "../constraint.ts";
import { listenerIdentifier, serviceIdentifier } from "../field-constraints.ts";
import { type OperationContext, operation } from "../operation.ts";
import { ruleKey } from "../rules/find-rule.ts";
import { releaseTargetGroups } from "../target-groups/target-group-uses.ts";
import { nameKey } from "../unique-name.ts";
import { findListener, listenerKey } from "./find-listener.ts";

/** DeleteListener: takes its rules with it, target groups stay. */
export const deleteListener = operation(
  { serviceIdentifier: required(serviceIdentifier), listenerIdentifier: required(listenerIdentifier) },
  async (input, context) => {
    const { service, listener } = await findListener(context, input);
    await context.tx.lockService(service);
    await removeListener(context, listener);
    return {};
  },
);

/**
 * Removes a listener with its rules, their names and their uses of target groups. The caller holds the service's lock.
 *
 * What does not fit into one transaction is spread over several (`tx.unfinished` is true, the operation runs again). The first of them
 * takes the listener out of service as a whole: with half of its rules it would send requests to the wrong targets. Cut off in
 * between, the listener stays as `deleting`, and deleting it again finishes the work.
 */
export async function removeListener(context: OperationContext, listener: Listener): Promise<void> {
  const { tx } = context;
  const rules = await tx.all<Rule>(owners.rules(listener.id));
  // The default rule goes last: it stands for the listener's own use of target groups.
  const ordered = [...rules].sort((a, b) => Number(a.isDefault) - Number(b.isDefault));
  const fitting = ordered.slice(0, countThatFit(tx.size, ordered));
  for (const { id, name, isDefault } of fitting) {
    tx.delete(ruleKey(listener.id, id));
    if (!isDefault) tx.delete(nameKey(listener, "Rule", name, listener.id));
  }
  await releaseTargetGroups(
    context,
    fitting.map(({ id, action }) => ({ ruleId: id, action })),
  );
  const key = listenerKey(listener.serviceId, listener.id);
  if (fitting.length < rules.length) {
    tx.put(key, { ...listener, deleting: true });
    tx.continueAfterCommit();
    return;
  }
  tx.delete(key);
  tx.delete(nameKey(listener, "Listener", listener.name, listener.serviceId));
}

/** A store transaction has at most 100 writes; the rest is for the listener, the service and what hangs on them. */
const budget = 80;

/** @returns how many of the rules can go in a transaction that already touches `size` items */
function countThatFit(size: number, rules: readonly Rule[]): number {
  let spent = size;
  for (const [index, { action }] of rules.entries()) {
    // Rule and name; for each group its use, and at worst the group itself and its entry for health checks.
    spent += 2 + ("forward" in action ? 3 * action.forward.targetGroups.length : 0);
    if (spent > budget) return index;
  }
  return rules.length;
}
