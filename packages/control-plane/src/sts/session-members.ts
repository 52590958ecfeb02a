import { compileIdentityPolicy, PolicyError } from "@pergola/iam";
import { type Constraint, integer, list, optional, required, struct, text } from "../constraint.ts";
import { StsError } from "./sts-error.ts";

/** Constraints of session requests. Source: AWS STS API reference, read 2026-11. */
export const roleArn = required(
  text({
    min: 20,
    max: 2048,
    pattern: /^arn:aws[a-z-]*:iam::[0-9]{12}:role\/(?:[!-.0-~]+\/)*[\w+=,.@-]{1,64}$/,
    form: "the ARN of a role",
  }),
);
export const roleSessionName = required(
  text({ min: 2, max: 64, pattern: /^[\w+=,.@-]+$/, form: "letters, digits and _ + = , . @ -" }),
);
export const sessionPolicy: Constraint<string> = text({ min: 1, max: 2048 });
/** Seconds. */
export const sessionDuration = (max: number): Constraint<number> => integer(900, max);

const tagText = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u;
const tag = struct({
  Key: required(text({ min: 1, max: 128, pattern: tagText, form: "letters, digits, spaces and _ . : / = + - @" })),
  Value: required(text({ max: 256, pattern: tagText, form: "letters, digits, spaces and _ . : / = + - @" })),
});
export const sessionTags = list(tag, 0, 50);
export const transitiveTagKeys = list(text({ min: 1, max: 128 }), 0, 50);

/** Managed session policies are ARNs of IAM policies, which Pergola does not have: refused rather than left out. */
export const policyArns: Constraint<readonly unknown[]> = optional((value, path, report) => {
  if (value.length > 0)
    report({ name: path, message: "managed policies are not there; pass the policy's text as `Policy`" });
});

/**
 * @returns tags by key
 * @throws StsError when two keys differ only by case, which IAM refuses since conditions compare keys without case
 */
export function tagsByKey(
  tags: readonly { readonly Key: string; readonly Value: string }[] = [],
): Record<string, string> {
  const seen = new Set<string>();
  for (const { Key } of tags) {
    if (Key.toLowerCase().startsWith("aws:"))
      throw new StsError("InvalidParameterValue", 400, `tag keys must not begin with \`aws:\``);
    if (seen.has(Key.toLowerCase()))
      throw new StsError("InvalidParameterValue", 400, `the tag key \`${Key}\` is given twice`);
    seen.add(Key.toLowerCase());
  }
  return Object.fromEntries(tags.map(({ Key, Value }) => [Key, Value]));
}

/** @throws StsError MalformedPolicyDocument */
export function requireSessionPolicy(policy: string | undefined): void {
  if (policy === undefined) return;
  try {
    compileIdentityPolicy(policy);
  } catch (error) {
    if (!(error instanceof PolicyError)) throw error;
    throw new StsError("MalformedPolicyDocument", 400, `Policy: ${error.message}`, { cause: error });
  }
}
