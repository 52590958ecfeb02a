import { patternText } from "../pattern.ts";
import type { Operator } from "./operator.ts";

const base64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/** @returns the canonical base64 of the same bytes (unused bits of the last character zero), undefined when it is none */
function canonical(text: string): string | undefined {
  return base64.test(text) ? Buffer.from(text, "base64").toString("base64") : undefined;
}

/** Values of binary keys are base64 texts on both sides, as in IAM's policy simulator. */
export const binaryOperator: Operator = {
  name: "BinaryEquals",
  negated: false,
  wildcards: false,
  variables: true,
  problem: (value) => (canonical(patternText(value)) === undefined ? "is no base64 text with padding" : undefined),
  compile: (values) => {
    const wanted = new Set(values.map((value) => canonical(patternText(value))));
    return (seen) => {
      const bytes = canonical(seen);
      return bytes === undefined ? undefined : wanted.has(bytes);
    };
  },
};
