import { required } from "../constraint.ts";
import { tagKeys } from "../field-constraints.ts";
import { operation } from "../operation.ts";
import { getTagged, putTags, resourceArn } from "./tagged-resource.ts";

/** UntagResource: keys that the resource does not have are no error. */
export const untagResource = operation({ resourceArn: required(resourceArn), tagKeys }, async (input, context) => {
  const tagged = await getTagged(context, input.resourceArn);
  const removed = new Set(input.tagKeys);
  putTags(context, tagged, Object.fromEntries(Object.entries(tagged.value.tags).filter(([key]) => !removed.has(key))));
  return {};
});
