import { required } from "../constraint.ts";
import { query } from "../operation.ts";
import { getTagged, resourceArn } from "./tagged-resource.ts";

/** ListTagsForResource. */
export const listTagsForResource = query({ resourceArn: required(resourceArn) }, async (input, context) => {
  const { value } = await getTagged(context, input.resourceArn);
  return { tags: value.tags };
});
