import { type Constraint, integer, list, oneOf, optional, struct, text } from "../constraint.ts";
import { tags as tagMap } from "../field-constraints.ts";
import { invitationArnPattern, shareArnPattern } from "./share.ts";

/** Members of several operations. Source of the enums: the RAM API model (2018-01-04), of lengths: Pergola, read 2026-11. */

export const shareArnMember: Constraint<string> = text({
  max: 200,
  pattern: shareArnPattern,
  form: "the ARN of a resource share",
});

export const invitationArnMember: Constraint<string> = text({
  max: 200,
  pattern: invitationArnPattern,
  form: "the ARN of a resource share invitation",
});

/** An ARN of anything; whether it can be shared is told apart from whether it is one. */
export const arnMember: Constraint<string> = text({
  max: 1011,
  pattern: /^arn:[a-z0-9-]{1,64}:[a-z0-9-]{1,64}:[a-z0-9-]{0,64}:(?:\d{12}|aws)?:[!-~]{1,800}$/,
  form: "an ARN",
});

export const principalMember: Constraint<string> = text({
  min: 1,
  max: 1011,
  pattern: /^[!-~]+$/,
  form: "an account id, or the ARN of an organization or organizational unit",
});

export const clientTokenMember: Constraint<string> = text({
  min: 1,
  max: 128,
  pattern: /^[!-~]+$/,
  form: "printable ASCII",
});

export const shareName: Constraint<string> = text({
  min: 1,
  max: 255,
  pattern: /^[^\p{C}]+$/u,
  form: "text without control characters",
});

export const shareArns: Constraint<readonly string[]> = list(shareArnMember, 0, 100);
export const resourceArns: Constraint<readonly string[]> = list(arnMember, 0, 100);
export const principals: Constraint<readonly string[]> = list(principalMember, 0, 100);
export const resourceType: Constraint<string> = text({ max: 128 });
export const resourceOwner: Constraint<"SELF" | "OTHER-ACCOUNTS"> = oneOf("SELF", "OTHER-ACCOUNTS");
export const regionScope: Constraint<"ALL" | "GLOBAL" | "REGIONAL"> = oneOf("ALL", "GLOBAL", "REGIONAL");
export const associationStatus = oneOf(
  "ASSOCIATED",
  "ASSOCIATING",
  "DISASSOCIATED",
  "DISASSOCIATING",
  "FAILED",
  "RESTORING",
  "SUSPENDED",
  "SUSPENDING",
);

/** Members of every List and Get of many. */
export const ramPaging = { maxResults: integer(1, 500), nextToken: text({ min: 1, max: 2048 }) };

interface Tag {
  readonly key?: string;
  readonly value?: string;
}

/** A list of tags; how many, and reserved keys, are `requireTags`' to tell, since RAM has errors of their own for them. */
export const tagList: Constraint<readonly Tag[]> = optional((value, path, report) => {
  const reserved = value.filter(({ key = "" }) => key.startsWith("aws:"));
  list(struct({ key: text({ min: 1, max: 128 }), value: text({ max: 256 }) }), 0, 200).check(value, path, report);
  if (value.some(({ key }) => key === undefined)) report({ name: path, message: "must have a key each" });
  if (new Set(value.map(({ key }) => key)).size < value.length)
    report({ name: path, message: "must name each key once" });
  tagMap.check(tagsOf(value.filter((tag) => !reserved.includes(tag)).slice(0, 50)), path, report);
});

/** @returns a list of tags as a map */
export function tagsOf(tags: readonly Tag[] = []): Readonly<Record<string, string>> {
  return Object.fromEntries(tags.map(({ key = "", value = "" }) => [key, value]));
}
