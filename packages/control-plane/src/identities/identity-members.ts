import { compileIdentityPolicy, PolicyError } from "@pergola/iam";
import { type Constraint, list, optional, text } from "../constraint.ts";

/** Constraints of users and roles. Source: IAM quotas and name rules, IAM user guide, read 2026-11. */
export const identityName = text({
  min: 1,
  max: 64,
  pattern: /^[\w+=,.@-]+$/,
  form: "letters, digits and _ + = , . @ -",
});

export const identityPath = text({
  min: 1,
  max: 512,
  pattern: /^\/(?:[!-.0-~]+\/)*$/,
  form: "a path that begins and ends with `/`",
});

/** A whole identity policy, at most 10,240 bytes. */
export const identityPolicy: Constraint<string> = optional((value, path, report) => {
  try {
    compileIdentityPolicy(value);
  } catch (error) {
    if (!(error instanceof PolicyError)) throw error;
    report({ name: path, message: error.message });
  }
});

export const identityPolicies = list(identityPolicy, 0, 10);
export const organizationId = text({
  min: 12,
  max: 34,
  pattern: /^o-[a-z0-9]{10,32}$/,
  form: "an organization id, `o-…`",
});
export const organizationPaths = list(text({ min: 1, max: 512 }), 0, 10);

/** @returns the ARN of a user or role */
export function identityArn(
  partition: string,
  account: string,
  kind: "user" | "role",
  path: string,
  name: string,
): string {
  return `arn:${partition}:iam::${account}:${kind}${path}${name}`;
}
