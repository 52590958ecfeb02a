import { suggestion } from "../nearest-name.ts";
import { arnOperators } from "./arn.ts";
import { binaryOperator } from "./binary.ts";
import { boolOperator } from "./bool.ts";
import { dateOperators } from "./date.ts";
import { ipAddressOperators } from "./ip-address.ts";
import { numericOperators } from "./numeric.ts";
import type { Operator } from "./operator.ts";
import { stringOperators } from "./string.ts";

/** Every operator but `Null`, which asks for the key and not for its value. */
export const operators: readonly Operator[] = [
  ...stringOperators,
  ...numericOperators,
  ...dateOperators,
  boolOperator,
  binaryOperator,
  ...ipAddressOperators,
  ...arnOperators,
];

export type SetOperator = "ForAllValues" | "ForAnyValue";

/** An operator as a policy names it: `ForAnyValue:StringLikeIfExists`. */
export interface OperatorUse {
  readonly operator: Operator | "Null";
  readonly set: SetOperator | undefined;
  readonly ifExists: boolean;
}

const byName = new Map(operators.map((operator) => [operator.name.toLowerCase(), operator]));
const sets: readonly SetOperator[] = ["ForAllValues", "ForAnyValue"];

/** @returns the operator of a name in any case, or undefined when IAM has none of this name */
export function findOperator(name: string): OperatorUse | undefined {
  let base = name.toLowerCase();
  if (base === "null") return { operator: "Null", set: undefined, ifExists: false };
  const set = sets.find((prefix) => base.startsWith(`${prefix.toLowerCase()}:`));
  if (set !== undefined) base = base.slice(set.length + 1);
  const ifExists = base.endsWith("ifexists");
  if (ifExists) base = base.slice(0, -"ifexists".length);
  const operator = byName.get(base);
  return operator === undefined ? undefined : { operator, set, ifExists };
}

/** @returns what is wrong with an operator's name, with the name that was most likely meant */
export function operatorProblem(name: string): string {
  const base = name.replace(/^(?:ForAllValues|ForAnyValue):/i, "");
  return `unknown operator${suggestion(base, [...operators.map((operator) => operator.name), "Null"])}`;
}
