import { invalidFields, LatticeError, owners, type Rule } from "@pergola/core";
import { type Input, list, required, struct } from "../constraint.ts";
import { listenerIdentifier, ruleIdentifier, serviceIdentifier } from "../field-constraints.ts";
import { type FoundListener, lockListener } from "../listeners/find-listener.ts";
import { type OperationContext, operation } from "../operation.ts";
import { requireTargetGroupQuota, requireTargetGroups } from "../target-groups/target-group-uses.ts";
import { changeRule, type RuleChanges } from "./change-rule.ts";
import { type FoundRule, requireChangeable, ruleOf } from "./find-rule.ts";
import { type PriorityMove, refusedMoves } from "./priority-moves.ts";
import { completeAction, ruleAction } from "./rule-action.ts";
import { ruleMatch } from "./rule-match.ts";
import { priorityTaken, rulePriority } from "./rule-priority.ts";

const update = {
  ruleIdentifier: required(ruleIdentifier),
  match: ruleMatch,
  priority: rulePriority,
  action: ruleAction,
};

/**
 * BatchUpdateRule: the updates are one set, so rules can swap priorities. An update that is not possible is reported and left out;
 * the others happen, all in one transaction.
 */
export const batchUpdateRule = operation(
  {
    serviceIdentifier: required(serviceIdentifier),
    listenerIdentifier: required(listenerIdentifier),
    rules: required(list(struct(update), 1, 10)),
  },
  async (input, context) => {
    const found = await lockListener(context, input);
    const checked = await Promise.all(input.rules.map((wanted, index) => check(context, found, wanted, index)));
    requireDistinct(checked);
    const possible = await refuseTakenPriorities(context, found.listener.id, checked);
    const successful: Rule[] = [];
    for (const outcome of possible) {
      if ("changes" in outcome) successful.push(await changeRule(context, outcome.rule, outcome.changes));
    }
    // The updates are one set, so it is the set that has too many target groups, and not one of them.
    for (const { action } of successful) await requireTargetGroupQuota(context, found.service, action);
    return { successful, unsuccessful: possible.flatMap((outcome) => ("failure" in outcome ? [outcome.failure] : [])) };
  },
);

interface Possible {
  readonly identifier: string;
  readonly rule: FoundRule;
  readonly changes: RuleChanges;
}

/** As the API reports it. AWS does not document its codes; these are the names of the errors that UpdateRule would answer. */
interface Impossible {
  readonly identifier: string;
  readonly failure: {
    readonly ruleIdentifier: string;
    readonly failureCode: string;
    readonly failureMessage: string;
  };
}

async function check(
  context: OperationContext,
  found: FoundListener,
  { ruleIdentifier: identifier, match, priority, action: requested }: Input<typeof update>,
  index: number,
): Promise<Possible | Impossible> {
  try {
    const rule = await ruleOf(context, found, identifier);
    requireChangeable(rule.rule);
    const path = `rules[${index}].action`;
    const action = requested === undefined ? undefined : completeAction(requested, path);
    if (action !== undefined) {
      await requireTargetGroups(context, found.service, found.listener.protocol, action, path);
    }
    const changes = {
      ...(match === undefined ? {} : { match }),
      ...(priority === undefined ? {} : { priority }),
      ...(action === undefined ? {} : { action }),
    };
    return { identifier, rule, changes };
  } catch (error) {
    return impossible(identifier, error);
  }
}

function impossible(identifier: string, error: unknown): Impossible {
  if (!(error instanceof LatticeError)) throw error;
  return {
    identifier,
    failure: { ruleIdentifier: identifier, failureCode: error.code, failureMessage: error.message },
  };
}

/** @throws LatticeError ValidationException when two updates name one rule: which of them would hold is anybody's guess */
function requireDistinct(outcomes: readonly (Possible | Impossible)[]): void {
  const seen = new Set<string>();
  for (const [index, outcome] of outcomes.entries()) {
    const id = "rule" in outcome ? outcome.rule.rule.id : outcome.identifier;
    if (seen.has(id)) {
      throw invalidFields([{ name: `rules[${index}].ruleIdentifier`, message: "must not name a rule a second time" }]);
    }
    seen.add(id);
  }
}

async function refuseTakenPriorities(
  { tx }: OperationContext,
  listenerId: string,
  outcomes: readonly (Possible | Impossible)[],
): Promise<(Possible | Impossible)[]> {
  const priorities = new Map<string, number>();
  for (const { id, priority } of await tx.all<Rule>(owners.rules(listenerId))) {
    if (priority !== undefined) priorities.set(id, priority);
  }
  const moves: PriorityMove[] = [];
  for (const outcome of outcomes) {
    if (!("changes" in outcome) || outcome.changes.priority === undefined) continue;
    moves.push({ ruleId: outcome.rule.rule.id, priority: outcome.changes.priority });
  }
  const refused = refusedMoves(priorities, moves);
  return outcomes.map((outcome) => {
    const move = "rule" in outcome ? refused.get(outcome.rule.rule.id) : undefined;
    if (move === undefined) return outcome;
    return impossible(outcome.identifier, priorityTaken(move.holderId, move.priority, listenerId));
  });
}
