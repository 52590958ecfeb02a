import { required, text } from "../constraint.ts";
import { type OperationContext, query } from "../operation.ts";
import { readTagToken, writeTagToken } from "./tag-token.ts";
import { walkResources } from "./walk-resources.ts";

const pageSize = 100;

/** GetTagKeys: the keys in use in the caller's account and region, in order. */
export const getTagKeys = query({ PaginationToken: text({ max: 2048 }) }, async (input, context) => {
  const keys = await distinct(context, (tags) => Object.keys(tags));
  const { items, PaginationToken } = pageOfTexts("keys", keys, input.PaginationToken);
  return { TagKeys: items, PaginationToken };
});

/** GetTagValues: the values that a key has in the caller's account and region, in order. */
export const getTagValues = query(
  { PaginationToken: text({ max: 2048 }), Key: required(text({ min: 1, max: 128 })) },
  async (input, context) => {
    const { Key } = input;
    const values = await distinct(context, (tags) => (Object.hasOwn(tags, Key) ? [tags[Key] as string] : []));
    const { items, PaginationToken } = pageOfTexts("values", values, input.PaginationToken);
    return { TagValues: items, PaginationToken };
  },
);

/** How many resources there are is bounded by quotas. */
async function distinct(
  context: OperationContext,
  textsOf: (tags: Readonly<Record<string, string>>) => readonly string[],
): Promise<readonly string[]> {
  const texts = new Set<string>();
  for await (const { resource } of walkResources(context, () => true)) {
    for (const text of textsOf(resource?.tags ?? {})) texts.add(text);
  }
  return [...texts].sort();
}

function pageOfTexts(
  list: string,
  texts: readonly string[],
  token: string | undefined,
): { items: readonly string[]; PaginationToken: string } {
  const [after] = readTagToken(list, token) ?? [];
  const left = after === undefined ? texts : texts.filter((text) => text > after);
  const items = left.slice(0, pageSize);
  const last = items.at(-1);
  const more = left.length > items.length && last !== undefined;
  return { items, PaginationToken: more ? writeTagToken(list, [last]) : "" };
}
