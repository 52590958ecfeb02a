import { invalidFields } from "@pergola/core";
import { required } from "../constraint.ts";
import { maxTags, tags } from "../field-constraints.ts";
import { operation } from "../operation.ts";
import { getTagged, putTags, resourceArn } from "./tagged-resource.ts";

/** TagResource: adds tags and overwrites those of the same key. */
export const tagResource = operation(
  { resourceArn: required(resourceArn), tags: required(tags) },
  async (input, context) => {
    const tagged = await getTagged(context, input.resourceArn);
    const merged = { ...tagged.value.tags, ...input.tags };
    const count = Object.keys(merged).length;
    if (count > maxTags) {
      const message = `a resource has at most ${maxTags} tags, with these it would have ${count}; remove some first`;
      throw invalidFields([{ name: "tags", message }]);
    }
    putTags(context, tagged, merged);
    return {};
  },
);
