import { patternText } from "../pattern.ts";
import type { Operator } from "./operator.ts";

/** A type whose values are read as numbers and compared: numbers, dates. */
export interface OrderedType {
  /** `Numeric`, `Date` */
  readonly name: string;
  /** @returns the number that a text stands for, undefined when it is not of this type */
  parse(text: string): number | undefined;
  /** What a good value looks like, for messages. */
  readonly expected: string;
}

type Comparison = readonly [suffix: string, negated: boolean, holds: (seen: number, wanted: number) => boolean];

const comparisons: readonly Comparison[] = [
  ["Equals", false, (seen, wanted) => seen === wanted],
  ["NotEquals", true, (seen, wanted) => seen === wanted],
  ["LessThan", false, (seen, wanted) => seen < wanted],
  ["LessThanEquals", false, (seen, wanted) => seen <= wanted],
  ["GreaterThan", false, (seen, wanted) => seen > wanted],
  ["GreaterThanEquals", false, (seen, wanted) => seen >= wanted],
];

/** @returns the six operators of an ordered type */
export function orderedOperators(type: OrderedType): readonly Operator[] {
  return comparisons.map(([suffix, negated, holds]) => ({
    name: `${type.name}${suffix}`,
    negated,
    wildcards: false,
    variables: false,
    problem: (value) => (type.parse(patternText(value)) === undefined ? type.expected : undefined),
    compile: (values) => {
      const wanted = values.map((value) => type.parse(patternText(value)) as number);
      return (seen) => {
        const number = type.parse(seen);
        if (number === undefined) return undefined;
        for (let i = 0; i < wanted.length; i += 1) if (holds(number, wanted[i] as number)) return true;
        return false;
      };
    },
  }));
}
