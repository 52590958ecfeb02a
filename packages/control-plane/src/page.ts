import { invalidFields, type Page } from "@pergola/core";
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

/** How many items a page has where the request does not say. */
export const defaultPageSize = 100;
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
export function listPage<T, S>(
  context: OperationContext,
  kind: string,
  owner: string,
  page: PageInput,
  toSummary: (value: T) => Summary<S> | Promise<Summary<S>>,
): Promise<ListOutput<S>> {
  return listPageOf(context, kind, [{ owner, toSummary: toSummary as ListSource<S>["toSummary"] }], page);
}

/** An owner's items as part of a list that several owners' make up. */
export interface ListSource<S> {
  readonly owner: string;
  /** Only items whose ids begin with this. */
  readonly prefix?: string;
  toSummary(value: never): Summary<S> | Promise<Summary<S>>;
  /** What is skipped once an item has been shown: ids up to this one. Default: the item's own. */
  shownUpTo?(id: string): string;
}

/** As `listPage`, of the items of several owners in one order of ids. */
export async function listPageOf<S>(
  { tx }: OperationContext,
  kind: string,
  sources: readonly ListSource<S>[],
  { maxResults = defaultPageSize, nextToken }: PageInput,
): Promise<ListOutput<S>> {
  const items: S[] = [];
  let after = nextToken === undefined ? "" : readToken(kind, nextToken);
  // No more than is shown is read, unless a filter leaves so little that the page is not full of it.
  for (let limit = maxResults; ; limit = defaultPageSize) {
    const { entries, more, end } = await nextEntries(tx, sources, after, limit);
    for (const [index, { id, value, source }] of entries.entries()) {
      if (id <= after) continue;
      const summary = await source.toSummary(value as never);
      if (summary === endOfList) return { items };
      after = summary === undefined ? id : (source.shownUpTo?.(id) ?? id);
      if (summary === undefined) continue;
      items.push(summary);
      if (items.length < maxResults) continue;
      const isLast = !more && !entries.slice(index + 1).some((entry) => entry.id > after);
      return isLast ? { items } : { items, nextToken: writeToken(kind, after) };
    }
    if (!more) return { items };
    if (end > after) after = end;
  }
}

interface Entries<S> {
  readonly entries: readonly { readonly id: string; readonly value: unknown; readonly source: ListSource<S> }[];
  readonly more: boolean;
  /** Up to this id the entries are complete. */
  readonly end: string;
}

async function nextEntries<S>(
  tx: OperationContext["tx"],
  sources: readonly ListSource<S>[],
  after: string,
  limit: number,
): Promise<Entries<S>> {
  const read = ({ owner, prefix }: ListSource<S>): Promise<Page<unknown>> =>
    tx.page(owner, { after, limit, ...(prefix === undefined ? {} : { prefix }) });
  const pages = await Promise.all(sources.map(read));
  const ends = pages.flatMap(({ items, more }) => (more ? [items.at(-1)?.id ?? ""] : [])).sort(byCode);
  const [end] = ends;
  const entries = sources
    .flatMap((source, i) => (pages[i]?.items ?? []).map(({ id, value }) => ({ id, value, source })))
    .filter(({ id }) => end === undefined || id <= end)
    .sort((a, b) => byCode(a.id, b.id));
  return { entries, more: end !== undefined, end: end ?? "" };
}

function byCode(a: string, b: string): number {
  return a < b ? -1 : a === b ? 0 : 1;
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

/** @returns a token that says where a list goes on */
export function writeToken(kind: string, after: string): string {
  return Buffer.from(JSON.stringify([kind, after])).toString("base64url");
}

/**
 * @returns where a list goes on
 * @throws LatticeError ValidationException for a token that this list did not write
 */
export function readToken(kind: string, token: string): string {
  const parts = tokenParts(token);
  // Only what `writeToken` could have written: the text goes to the store as part of a key.
  if (parts?.[0] === kind && cursorPattern.test(parts[1]) && writeToken(kind, parts[1]) === token) return parts[1];
  throw invalidFields([{ name: "nextToken", message: "must be the token of the page before, unchanged" }]);
}

function tokenParts(token: string): readonly [kind: string, after: string] | undefined {
  try {
    const parts: unknown = JSON.parse(Buffer.from(token, "base64url").toString("utf8"));
    if (!Array.isArray(parts) || parts.length !== 2 || typeof parts[0] !== "string" || typeof parts[1] !== "string")
      return undefined;
    return [parts[0], parts[1]];
  } catch {
    return undefined;
  }
}
