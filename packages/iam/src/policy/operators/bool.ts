import { patternText } from "../pattern.ts";
import type { Operator } from "./operator.ts";

/** Source: IAM user guide, "Boolean condition operators", read 2026-11: there is no negated twin. */
export const boolOperator: Operator = {
  name: "Bool",
  negated: false,
  wildcards: false,
  variables: true,
  problem: (value) =>
    parseBoolean(patternText(value)) === undefined ? "is no boolean; write `true` or `false`" : undefined,
  compile: (values) => {
    const wanted = new Set(values.map((value) => parseBoolean(patternText(value))));
    return (seen) => {
      const value = parseBoolean(seen);
      return value === undefined ? undefined : wanted.has(value);
    };
  },
};

/** @returns the value of `true` or `false` in any case, undefined for other texts */
export function parseBoolean(text: string): boolean | undefined {
  if (text === "true") return true;
  if (text === "false") return false;
  if (text.length > 5) return undefined;
  const lower = text.toLowerCase();
  return lower === "true" ? true : lower === "false" ? false : undefined;
}
