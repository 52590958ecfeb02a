// biome-ignore-all lint/suspicious/noTemplateCurlyInString: policy variables look like this
import type { AuthContext } from "../auth-context.ts";
import { findConditionKey } from "./condition-key.ts";
import type { GeneratedStatement } from "./generated-case.ts";
import { parseDate } from "./operators/date.ts";
import { parseNumber } from "./operators/numeric.ts";

/** Where iam-simulate 0.1.173 decides otherwise, and why Pergola stays with its answer. For tests. */
export interface Difference {
  readonly name: string;
  readonly reason: string;
  applies(use: ConditionUse, statement: GeneratedStatement, context: AuthContext): boolean;
}

interface ConditionUse {
  /** Without `ForAnyValue:` and `IfExists`. */
  readonly operator: string;
  readonly inSet: boolean;
  readonly key: string;
  readonly values: readonly string[];
  readonly seen: readonly string[];
}

const isIpOperator = ({ operator }: ConditionUse): boolean => operator.endsWith("IpAddress");
const family = (text: string): string =>
  text.includes(":") ? "IPv6" : /^[0-9.]+(?:\/[0-9]+)?$/.test(text) ? "IPv4" : "none";

function hasUnresolvedVariable(value: string, context: AuthContext): boolean {
  const key = /\$\{([A-Za-z][^},]*)\}/.exec(value)?.[1];
  return key !== undefined && findConditionKey(key)?.read(context) === undefined;
}

/** Of conditions. */
export const conditionDifferences: readonly Difference[] = [
  {
    name: "a range of prefix 0",
    reason:
      "0.0.0.0/0 and ::/0 are ranges of every address of their family (IAM user guide, IP address condition operators: CIDR format, RFC 4632); a 32-bit shift by 32 makes /0 into /32 there",
    applies: (use) => isIpOperator(use) && use.values.some((value) => value.endsWith("/0")),
  },
  {
    name: "an address of the other family",
    reason:
      "an IPv4 address is not in an IPv6 range, so that NotIpAddress holds (IAM user guide, IP address condition operators: all IP addresses except the specified one)",
    applies: (use) =>
      use.operator === "NotIpAddress" &&
      use.values.some((value) => use.seen.some((seen) => family(value) !== family(seen))),
  },
  {
    name: "text that only begins like a number",
    reason:
      "10.1.2.3 and 2026-11-23 are no numbers (IAM user guide, numeric condition operators: an integer or decimal value); parseInt reads the first digits there",
    applies: ({ operator, seen }) =>
      operator.startsWith("Numeric") && seen.some((text) => parseNumber(text) === undefined && /^-?[0-9]/.test(text)),
  },
  {
    name: "text that is no date of ISO 8601, or is epoch seconds",
    reason:
      "dates are W3C ISO 8601 or epoch seconds (IAM user guide, date condition operators); Date.parse reads `/orders/12` there, and numbers as milliseconds",
    applies: ({ operator, seen }) =>
      operator.startsWith("Date") &&
      seen.some(
        (text) => /^-?[0-9]+$/.test(text) || (parseDate(text) === undefined && !Number.isNaN(Date.parse(text))),
      ),
  },
  {
    name: "a whole ARN out of a variable",
    reason:
      "policy variables are allowed in ARN operators (IAM user guide, ARN condition operators: you can use a policy variable), also for the whole value; there the value is split before the variable is resolved",
    applies: ({ operator, values }) => operator.startsWith("Arn") && values.includes("${aws:PrincipalArn}"),
  },
  {
    name: "a value of the wrong type under a negated operator of a Deny",
    reason:
      "IAM's documentation does not say what NumericNotEquals makes of `abc`; Pergola denies when unsure, there the condition fails and the Deny with it",
    applies: ({ operator }, { Effect }) => Effect === "Deny" && /^(?:NumericNot|DateNot|NotIp|ArnNot)/.test(operator),
  },
  {
    name: "a negated string operator with a variable without value",
    reason:
      "inverted operators such as StringNotLike match against a variable without value, which nothing equals or is like (IAM user guide, Policy variables with no value); there the condition fails",
    applies: ({ operator, values }, _statement, context) =>
      operator.startsWith("StringNot") && values.some((value) => hasUnresolvedVariable(value, context)),
  },
  {
    name: "several values without a set operator",
    reason:
      "multivalued keys need a set operator (IAM user guide, set operators for multivalued context keys); without one Pergola wants every value to match in an Allow and any in a Deny, there no array ever matches",
    applies: ({ inSet, key, operator, seen }) =>
      !inSet && operator !== "Null" && seen.length > 0 && findConditionKey(key)?.multivalued === true,
  },
];

/** What is in the rest of a statement. */
function resourceDifferences(statement: GeneratedStatement, context: AuthContext): string[] {
  const names: string[] = [];
  // Resources such as a star and `/rates` are in VPC Lattice's guide; a `*` does not reach over a colon there.
  const resources = [statement.Resource, statement.NotResource].flat();
  if (resources.includes("*/7")) names.push("a resource that begins with a wildcard");
  // Undocumented; without a value nothing is excluded from a Deny, and Pergola denies when unsure.
  const unresolved = findConditionKey("aws:PrincipalTag/Cost")?.read(context) === undefined;
  const excluded = [statement.NotResource].flat().some((text) => String(text).includes("PrincipalTag/Cost"));
  if (statement.Effect === "Deny" && excluded && unresolved) names.push("a NotResource with a variable without value");
  return names;
}

/** @returns the names of the differences that a statement has in it */
export function differencesIn(statement: GeneratedStatement, context: AuthContext): readonly string[] {
  const names = new Set(resourceDifferences(statement, context));
  for (const [name, block] of Object.entries(statement.Condition ?? {})) {
    for (const [key, values] of Object.entries(block)) {
      const seen = [findConditionKey(key)?.read(context) ?? []].flat();
      const operator = name.replace(/^For\w+:/, "").replace(/IfExists$/, "");
      const use = { operator, inSet: name.startsWith("For"), key, values, seen };
      for (const difference of conditionDifferences)
        if (difference.applies(use, statement, context)) names.add(difference.name);
    }
  }
  return [...names];
}
