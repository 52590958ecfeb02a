import { compileGlob } from "../glob.ts";
import { type Pattern, patternText } from "../pattern.ts";
import { anyOf, type ValueTest, withNegation } from "./operator.ts";

const anyText = (): undefined => undefined;

function equals(values: readonly string[]): ValueTest {
  const [only] = values;
  if (values.length === 1) return (seen) => seen === only;
  const set = new Set(values);
  return (seen) => set.has(seen);
}

function equalsIgnoreCase(values: readonly string[]): ValueTest {
  const test = equals(values.map((value) => value.toLowerCase()));
  return (seen) => test(seen.toLowerCase());
}

const texts = (values: readonly Pattern[]): string[] => values.map(patternText);

export const stringOperators = [
  ...withNegation(
    {
      name: "StringEquals",
      wildcards: false,
      variables: true,
      problem: anyText,
      compile: (values) => equals(texts(values)),
    },
    "StringNotEquals",
  ),
  ...withNegation(
    {
      name: "StringEqualsIgnoreCase",
      wildcards: false,
      variables: true,
      problem: anyText,
      compile: (values) => equalsIgnoreCase(texts(values)),
    },
    "StringNotEqualsIgnoreCase",
  ),
  ...withNegation(
    {
      name: "StringLike",
      wildcards: true,
      variables: true,
      problem: anyText,
      compile: (values) => anyOf(values.map(compileGlob)),
    },
    "StringNotLike",
  ),
];
