import { type FieldError, invalidFields, type RuleAction } from "@pergola/core";
import { type Constraint, integer, list, optional, required, struct, union } from "../constraint.ts";
import { targetGroupIdentifier } from "../field-constraints.ts";

/** Source of the bounds: VPC Lattice API model (2022-11-30), RuleAction and below, read 2026-11. */
const maxTargetGroups = 10;
const maxWeight = 999;
/** What a group gets that is the only one and has no weight of its own. Source: answers seen of the real API. */
const onlyWeight = 100;

/** The model admits 100–599; the service accepts these two only. Source: user guide, listener rules, read 2026-11. */
const fixedStatusCodes = [404, 500];

const statusCode: Constraint<number> = optional((value, path, report) => {
  if (!fixedStatusCodes.includes(value)) {
    report({ name: path, message: `must be ${fixedStatusCodes.join(" or ")}, is ${value}` });
  }
});

/** What a rule or listener does, as requests say it: weights may be missing. */
export const ruleAction = union({
  forward: struct({
    targetGroups: required(
      list(
        struct({ targetGroupIdentifier: required(targetGroupIdentifier), weight: integer(0, maxWeight) }),
        1,
        maxTargetGroups,
      ),
    ),
  }),
  fixedResponse: struct({ statusCode: required(statusCode) }),
});

type RequestedAction = typeof ruleAction extends Constraint<infer T> ? T : never;

/**
 * @param path of the action in the request, for field errors
 * @returns the action as it is stored and echoed: identifiers as sent, each group with its weight
 * @throws LatticeError ValidationException when one of several groups has no weight
 */
export function completeAction(action: RequestedAction, path: string): RuleAction {
  if (!("forward" in action)) return { fixedResponse: { statusCode: action.fixedResponse.statusCode } };
  const { targetGroups } = action.forward;
  if (targetGroups.length > 1) requireWeights(targetGroups, path);
  return {
    forward: {
      targetGroups: targetGroups.map(({ targetGroupIdentifier: identifier, weight = onlyWeight }) => ({
        targetGroupIdentifier: identifier,
        weight,
      })),
    },
  };
}

function requireWeights(targetGroups: readonly { readonly weight?: number }[], path: string): void {
  const missing: FieldError[] = [];
  for (const [index, { weight }] of targetGroups.entries()) {
    if (weight !== undefined) continue;
    missing.push({
      name: `${path}.forward.targetGroups[${index}].weight`,
      message: "is required when there are several target groups",
    });
  }
  if (missing.length > 0) throw invalidFields(missing);
}
