import type { RuleMatch } from "@pergola/core";
import { type Constraint, flag, list, optional, required, struct, text, union } from "../constraint.ts";

/** Source of the bounds: VPC Lattice API model (2022-11-30), RuleMatch and below, read 2026-11. */
const maxHeaderMatches = 5;

const path = text({
  min: 1,
  max: 200,
  pattern: /^\/[a-zA-Z0-9@:%_+.~#?&/=-]*$/,
  form: "a path: `/`, then letters, digits and any of @ : % _ + . ~ # ? & / = -",
});

/** RFC 9110, section 5.6.2. */
const token = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

/**
 * The model admits an empty method, and anything as a header's name or value. What no request can have is refused rather than stored as
 * a rule that never matches.
 */
const method = text({ min: 1, max: 16, pattern: token, form: "an HTTP method" });
const headerName = text({ min: 1, max: 100, pattern: token, form: "the name of an HTTP header" });
const headerValue = text({
  min: 1,
  max: 200,
  pattern: /^(?:\t|[^\p{Cc}\p{Cs}])*$/u,
  form: "text that a header can have: no control characters but tabs",
});

const httpMatch = struct({
  method,
  pathMatch: struct({ match: required(union({ exact: path, prefix: path })), caseSensitive: flag }),
  headerMatches: list(
    struct({
      name: required(headerName),
      match: required(union({ exact: headerValue, prefix: headerValue, contains: headerValue })),
      caseSensitive: flag,
    }),
    0,
    maxHeaderMatches,
  ),
});

const anyMatch = union({ httpMatch });

/** What a rule matches: at least one of method, path and headers. Stored and echoed exactly as sent. */
export const ruleMatch: Constraint<RuleMatch> = optional((value, name, report) => {
  anyMatch.check(value, name, report);
  const { method: wantedMethod, pathMatch, headerMatches = [] } = value.httpMatch;
  if (wantedMethod === undefined && pathMatch === undefined && headerMatches.length === 0) {
    report({ name: `${name}.httpMatch`, message: "must have at least one of method, pathMatch, headerMatches" });
  }
});
