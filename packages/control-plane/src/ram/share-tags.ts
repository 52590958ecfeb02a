import { maxTags } from "../field-constraints.ts";
import { RamError } from "./ram-error.ts";

/**
 * @param tags all that a share would have
 * @throws RamError TagPolicyViolationException for reserved keys, TagLimitExceededException for more than 50
 */
export function requireTags(tags: Readonly<Record<string, string>>): void {
  const keys = Object.keys(tags);
  const reserved = keys.find((key) => key.startsWith("aws:"));
  if (reserved !== undefined) {
    throw new RamError("TagPolicyViolationException", `\`${reserved}\`: keys must not begin with \`aws:\``);
  }
  if (keys.length > maxTags) {
    const message = `a resource share has at most ${maxTags} tags, with these it would have ${keys.length}; remove some first`;
    throw new RamError("TagLimitExceededException", message);
  }
}
