import { type Constraint, flag, integer, oneOf, optional, struct, text, union } from "../constraint.ts";

/** 0 asks for the default. */
function zeroOr(min: number, max: number): Constraint<number> {
  const range = integer(min, max);
  return optional((value, path, report) => {
    if (value !== 0)
      range.check(value, path, ({ name, message }) => report({ name, message: `${message} (0: default)` }));
  });
}

const httpCode: Constraint<string> = optional((value, path, report) => {
  if (value !== "" && !isCodeList(value)) {
    const message = "must be status codes from 200 to 499, single or as ranges: `200`, `200,202` or `200-299`";
    report({ name: path, message });
  }
});

function isCodeList(value: string): boolean {
  return value.length <= 2000 && value.split(",").every(isCodeRange);
}

function isCodeRange(part: string): boolean {
  const match = /^([2-4]\d\d)(?:-([2-4]\d\d))?$/.exec(part);
  return match !== null && (match[2] === undefined || Number(match[1]) <= Number(match[2]));
}

/**
 * A health check as it is sent: 0 and `""` ask for a member's default.
 * Source of the ranges: VPC Lattice user guide, health checks, read 2026-11.
 */
export const healthCheckMembers = struct({
  enabled: flag,
  protocol: oneOf("HTTP", "HTTPS"),
  protocolVersion: oneOf("HTTP1", "HTTP2"),
  port: integer(0, 65_535),
  path: text({
    max: 2048,
    pattern: /^(?:\/[a-zA-Z0-9@:%_+.~#?&/=-]*)?$/,
    form: "a path that begins with `/` and has letters, digits and @ : % _ + . ~ # ? & / = -",
  }),
  healthCheckIntervalSeconds: zeroOr(5, 300),
  healthCheckTimeoutSeconds: zeroOr(1, 120),
  healthyThresholdCount: zeroOr(2, 10),
  unhealthyThresholdCount: zeroOr(2, 10),
  matcher: union({ httpCode }),
});
