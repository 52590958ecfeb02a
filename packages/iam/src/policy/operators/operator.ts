import type { Pattern } from "../pattern.ts";

/**
 * Compares one value of the request with the values of a policy: true when it matches any of them. Undefined means that the
 * value is not of the operator's type (`abc` for a number), so that nothing can be said.
 */
export type ValueTest = (seen: string) => boolean | undefined;

/** A condition operator without its prefix (`ForAnyValue:`) and suffix (`IfExists`). */
export interface Operator {
  readonly name: string;
  /** The condition holds when the test says no: `StringNotEquals` has the test of `StringEquals`. */
  readonly negated: boolean;
  /** `*` and `?` are wildcards in its values. */
  readonly wildcards: boolean;
  /** Policy variables are resolved in its values. */
  readonly variables: boolean;
  /** @returns what is wrong with a value and the fix, or undefined for a good one */
  problem(value: Pattern): string | undefined;
  /** @param values none of which has a problem */
  compile(values: readonly Pattern[]): ValueTest;
}

/** @returns a test that is true when one of the tests is */
export function anyOf<T>(tests: readonly ((seen: T) => boolean)[]): (seen: T) => boolean {
  const [only] = tests;
  if (tests.length === 1 && only !== undefined) return only;
  return (seen) => {
    for (let i = 0; i < tests.length; i += 1) if ((tests[i] as (seen: T) => boolean)(seen)) return true;
    return false;
  };
}

/** @returns an operator and its negated twin */
export function withNegation(operator: Omit<Operator, "negated">, negatedName: string): readonly Operator[] {
  return [
    { ...operator, negated: false },
    { ...operator, name: negatedName, negated: true },
  ];
}
