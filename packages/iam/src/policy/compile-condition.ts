import type { AuthContext } from "../auth-context.ts";
import type { ConditionKey, KeyValue } from "./condition-key.ts";
import { parseBoolean } from "./operators/bool.ts";
import type { Operator, ValueTest } from "./operators/operator.ts";
import { findOperator } from "./operators/operators.ts";
import { type Pattern, patternText, type Template } from "./pattern.ts";
import { resolveTemplate, staticPatterns, type Variables, variablesOf } from "./resolve-variables.ts";
import type { Condition, Effect } from "./statement.ts";

/** Says whether an element of a statement matches a request. */
export type Test = (context: AuthContext) => boolean;

/** One value of the request against the values of the policy, the operator's negation included. */
type ValueVerdict = (seen: string, context: AuthContext) => boolean;

/**
 * Compiles a condition. A missing key fails it, unless the operator is negated or says IfExists.
 * Source: IAM user guide, "Condition operators" and "Set operators for multivalued context keys", read 2026-11.
 * @param key of the condition
 * @throws Error when there is no such operator, which no policy that was read has
 */
export function compileCondition(condition: Condition, key: ConditionKey, effect: Effect): Test {
  const use = findOperator(condition.operatorName);
  if (use === undefined) throw new Error(`unknown operator \`${condition.operatorName}\``);
  if (use.operator === "Null") return compileNull(condition, key);
  const matches = valueVerdict(condition, use.operator, effect);
  const { read, joined } = key;
  if (use.set === "ForAnyValue") {
    return (context) => valuesOf(read(context)).some((value) => matches(value, context));
  }
  if (use.set === "ForAllValues") {
    return (context) => valuesOf(read(context)).every((value) => matches(value, context));
  }
  const whenMissing = use.ifExists || use.operator.negated;
  return (context) => {
    const value = read(context);
    if (typeof value === "string") return matches(value, context);
    if (value === undefined || value.length === 0) return whenMissing;
    // Several values where one is asked for: an Allow needs each of them (and, of a header, the joined list) to match, a Deny
    // takes any. So a caller gains nothing by sending a header or query key twice.
    const candidates = joined ? [...value, value.join(", ")] : value;
    return effect === "Allow"
      ? candidates.every((candidate) => matches(candidate, context))
      : candidates.some((candidate) => matches(candidate, context));
  };
}

function valuesOf(value: KeyValue): readonly string[] {
  if (value === undefined) return [];
  return typeof value === "string" ? [value] : value;
}

function compileNull({ templates }: Condition, key: ConditionKey): Test {
  const wanted = new Set(templates.map((template) => parseBoolean(patternText(template as Pattern))));
  return (context) => wanted.has(valuesOf(key.read(context)).length === 0);
}

/**
 * Where nothing can be said (`abc` is no number) the condition holds only for the negated operators of a Deny: in doubt the answer
 * is no.
 */
function valueVerdict(condition: Condition, operator: Operator, effect: Effect): ValueVerdict {
  const { negated } = operator;
  const whenUnknown = negated && effect === "Deny";
  const patterns = staticPatterns(condition.templates);
  if (patterns !== undefined) {
    const test = operator.compile(patterns);
    return (seen) => {
      const result = test(seen);
      return result === undefined ? whenUnknown : result !== negated;
    };
  }
  const variables = variablesOf(condition.templates);
  return (seen, context) => {
    const result = resolvedTest(condition.templates, variables, operator, context)(seen);
    return result === undefined ? whenUnknown : result !== negated;
  };
}

/**
 * A variable without a value makes a policy value that nothing equals, so that negated operators hold.
 * Source: IAM user guide, "Policy variables with no value", read 2026-11.
 */
function resolvedTest(
  templates: readonly Template[],
  variables: Variables,
  operator: Operator,
  context: AuthContext,
): ValueTest {
  const patterns: Pattern[] = [];
  for (const template of templates) {
    const pattern = resolveTemplate(template, variables, context);
    if (pattern !== undefined && operator.problem(pattern) === undefined) patterns.push(pattern);
  }
  return operator.compile(patterns);
}
