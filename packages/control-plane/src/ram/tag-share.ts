import { list, required, text } from "../constraint.ts";
import { type OperationContext, operation } from "../operation.ts";
import { getOwnPermission } from "./customer-permission.ts";
import { getActiveShare } from "./find-share.ts";
import { arnMember, shareArnMember, tagList, tagsOf } from "./members.ts";
import { permissionKey } from "./permission.ts";
import { RamError } from "./ram-error.ts";
import { requireTags } from "./share-tags.ts";

/** A share, or a permission of the caller's own. */
const which = { resourceShareArn: shareArnMember, resourceArn: arnMember };

interface Which {
  readonly resourceShareArn?: string;
  readonly resourceArn?: string;
}

type Tags = Readonly<Record<string, string>>;

/** TagResource: adds tags and overwrites those of the same key. */
export const tagShare = operation({ ...which, tags: required(tagList) }, async (input, context) => {
  await changeTags(context, input, (tags) => ({ ...tags, ...tagsOf(input.tags) }));
  return {};
});

/** UntagResource: keys that are not there are no error. */
export const untagShare = operation(
  { ...which, tagKeys: required(list(text({ min: 1, max: 128 }), 0, 200)) },
  async (input, context) => {
    const removed = new Set(input.tagKeys);
    await changeTags(context, input, (tags) =>
      Object.fromEntries(Object.entries(tags).filter(([key]) => !removed.has(key))),
    );
    return {};
  },
);

async function changeTags(context: OperationContext, input: Which, change: (tags: Tags) => Tags): Promise<void> {
  const { key, value } = await getTagged(context, input);
  const tags = change(value.tags);
  requireTags(tags);
  context.tx.put(key, { ...value, tags });
}

async function getTagged(context: OperationContext, { resourceShareArn, resourceArn }: Which) {
  if (resourceShareArn !== undefined && resourceArn === undefined) {
    const { key, share } = await getActiveShare(context, resourceShareArn);
    return { key, value: share };
  }
  if (resourceArn !== undefined && resourceShareArn === undefined) {
    const permission = await getOwnPermission(context, resourceArn);
    return { key: permissionKey(context.caller, permission.name), value: permission };
  }
  throw new RamError("InvalidParameterException", "name one of resourceShareArn and resourceArn");
}
