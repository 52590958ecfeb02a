import { orderedOperators } from "./ordered.ts";

const decimal = /^[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?$/;
/** Longer than any number that a double holds exactly. */
const maxLength = 40;

/**
 * @returns the number of a decimal text; undefined for anything else and beyond ±2^53, where two different numbers would compare
 * as equal
 */
export function parseNumber(text: string): number | undefined {
  if (text.length > maxLength || !decimal.test(text)) return undefined;
  const number = Number(text);
  return Math.abs(number) <= Number.MAX_SAFE_INTEGER ? number : undefined;
}

export const numericOperators = orderedOperators({
  name: "Numeric",
  parse: parseNumber,
  expected: "is no number; write a decimal number such as `443` or `-1.5`, of at most ±9007199254740991",
});
