import { invalidFields, type Stored } from "@pergola/core";
import type { OperationContext } from "./operation.ts";

/** Paging of List operations: `maxResults` 1–100, default 100; a token says after which id to go on. */
export interface PageInput {
  readonly maxResults?: number;
  readonly nextToken?: string;
}

export interface ListOutput<S> {
  readonly items: readonly S[];
  readonly nextToken?: string;
}

const defaultPageSize = 100;
/** Ids, and keys of targets (an ARN with a port). */
const cursorPattern = /^[!-~]{1,1024}$/;

/** What `toSummary` answers when nothing after this item can pass the filter. */
export const endOfList = Symbol("end of list");

type Summary<S> = S | undefined | typeof endOfList;

/**
 * One page of an owner's items that pass a filter, as summaries. Pages are stable under concurrent writes: each goes on after the
 * last id shown, so nothing is shown twice and nothing that stays is left out.
 * @param kind what is listed, so that a token of another list is refused
 */
export async function listPage<T, S>(
  { tx }: OperationContext,
  kind: string,
  owner: string,
  { maxResults = defaultPageSize, nextToken }: PageInput,
  toSummary: (value: T) => Summary<S> | Promise<Summary<S>>,
): Promise<ListOutput<S>> {
  const items: S[] = [];
  let after = nextToken === undefined ? "" : readToken(kind, nextToken);
  for (;;) {
    const page = await tx.page<T>(owner, { after, limit: defaultPageSize });
    for (const [index, item] of page.items.entries()) {
      const summary = await toSummary(item.value);
      if (summary === endOfList) return { items };
      after = item.id;
      if (summary === undefined) continue;
      items.push(summary);
      if (items.length === maxResults)
        return hasMore(page, index) ? { items, nextToken: writeToken(kind, after) } : { items };
    }
    if (!page.more) return { items };
  }
}

/**
 * One page of items that are at hand, in order of id.
 * @param kind as for `listPage`
 */
export function pageOf<S extends { readonly id: string }>(
  kind: string,
  all: readonly S[],
  { maxResults = defaultPageSize, nextToken }: PageInput,
): ListOutput<S> {
  const after = nextToken === undefined ? "" : readToken(kind, nextToken);
  const left = all.filter(({ id }) => id > after).sort((a, b) => (a.id < b.id ? -1 : 1));
  const items = left.slice(0, maxResults);
  const last = items.at(-1);
  return left.length > items.length && last !== undefined ? { items, nextToken: writeToken(kind, last.id) } : { items };
}

function hasMore(page: { items: readonly Stored[]; more: boolean }, index: number): boolean {
  return page.more || index < page.items.length - 1;
}

function writeToken(kind: string, after: string): string {
  return Buffer.from(JSON.stringify([kind, after])).toString("base64url");
}

function readToken(kind: string, token: string): string {
  const bad = invalidFields([{ name: "nextToken", message: "must be the token of the page before, unchanged" }]);
  let parts: unknown;
  try {
    parts = JSON.parse(Buffer.from(token, "base64url").toString("utf8"));
  } catch {
    throw bad;
  }
  if (!Array.isArray(parts) || parts.length !== 2 || parts[0] !== kind || typeof parts[1] !== "string") throw bad;
  // Only what `writeToken` could have written: the text goes to the store as part of a key.
  if (!cursorPattern.test(parts[1]) || writeToken(kind, parts[1]) !== token) throw bad;
  return parts[1];
}
