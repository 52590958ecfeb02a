import { compileArnGlob, hasArnParts, isArnPattern } from "../arn-glob.ts";
import type { Pattern } from "../pattern.ts";
import { anyOf, type Operator, withNegation } from "./operator.ts";

/** ArnEquals and ArnLike do the same. Source: IAM user guide, "ARN condition operators", read 2026-11. */
const arn: Omit<Operator, "negated" | "name"> = {
  wildcards: true,
  variables: true,
  problem: (value: Pattern) =>
    isArnPattern(value) ? undefined : "is no ARN; write its six parts, with `*` for any: `arn:aws:iam::*:role/app`",
  compile: (values) => {
    const test = anyOf(values.map(compileArnGlob));
    return (seen) => (hasArnParts(seen) ? test(seen) : undefined);
  },
};

export const arnOperators = [
  ...withNegation({ ...arn, name: "ArnEquals" }, "ArnNotEquals"),
  ...withNegation({ ...arn, name: "ArnLike" }, "ArnNotLike"),
];
