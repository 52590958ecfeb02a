import { list, required, text } from "../constraint.ts";
import { type OperationContext, operation } from "../operation.ts";
import { getActiveShare } from "./find-share.ts";
import { arnMember, shareArnMember, tagList, tagsOf } from "./members.ts";
import { RamError } from "./ram-error.ts";
import type { ResourceShare } from "./share.ts";
import { requireTags } from "./share-tags.ts";

/** A permission is named by `resourceArn`; those that there are belong to AWS and have no tags. */
const which = { resourceShareArn: shareArnMember, resourceArn: arnMember };

interface Which {
  readonly resourceShareArn?: string;
  readonly resourceArn?: string;
}

/** TagResource: adds tags to a share and overwrites those of the same key. */
export const tagShare = operation({ ...which, tags: required(tagList) }, async (input, context) => {
  const found = await getTagged(context, input);
  const tags = { ...found.share.tags, ...tagsOf(input.tags) };
  requireTags(tags);
  const tagged: ResourceShare = { ...found.share, tags };
  context.tx.put(found.key, tagged);
  return {};
});

/** UntagResource: keys that the share does not have are no error. */
export const untagShare = operation(
  { ...which, tagKeys: required(list(text({ min: 1, max: 128 }), 0, 200)) },
  async (input, context) => {
    const found = await getTagged(context, input);
    const removed = new Set(input.tagKeys);
    const tags = Object.fromEntries(Object.entries(found.share.tags).filter(([key]) => !removed.has(key)));
    const untagged: ResourceShare = { ...found.share, tags };
    context.tx.put(found.key, untagged);
    return {};
  },
);

async function getTagged(
  context: OperationContext,
  { resourceShareArn, resourceArn }: Which,
): ReturnType<typeof getActiveShare> {
  if (resourceShareArn !== undefined && resourceArn === undefined) return getActiveShare(context, resourceShareArn);
  if (resourceArn !== undefined && resourceShareArn === undefined) {
    throw new RamError("UnknownResourceException", `\`${resourceArn}\` is no permission of ${context.caller.account}`);
  }
  throw new RamError("InvalidParameterException", "name one of resourceShareArn and resourceArn");
}
