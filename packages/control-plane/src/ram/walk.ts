import { owners, type Page, type Scope } from "@pergola/core";
import type { OperationContext } from "../operation.ts";
import { defaultPageSize, type PageInput, readToken, writeToken } from "../page.ts";
import { callerPrincipals, callersShare } from "../sharing/share-policy.ts";
import { type ResourceShare, type ShareAssociation, shareKey } from "./share.ts";

/** Something that a walk came by, at a position that the walk can go on from. */
export interface Visit<T> {
  readonly position: string;
  readonly value: T;
}

/** Goes through things in order of position. @param after the position to go on from; `""` for the start */
export type Walk<T> = (after: string) => AsyncIterable<Visit<T>>;

/** An association together with its share. */
export interface Shared {
  readonly share: ResourceShare;
  readonly association: ShareAssociation;
}

/**
 * One page of what a walk comes by. Stable under concurrent writes: each page goes on after the last position shown.
 * @param kind what is listed, so that a token of another list is refused
 * @param toView undefined for what is not to be shown
 */
export async function pageOfWalk<T>(
  kind: string,
  walk: Walk<T>,
  { maxResults = defaultPageSize, nextToken }: PageInput,
  toView: (value: T) => unknown | Promise<unknown>,
): Promise<{ readonly items: readonly unknown[]; readonly nextToken?: string }> {
  const items: unknown[] = [];
  let last = nextToken === undefined ? "" : readToken(kind, nextToken);
  for await (const { position, value } of walk(last)) {
    const view = await toView(value);
    if (view === undefined) continue;
    if (items.length === maxResults) return { items, nextToken: writeToken(kind, last) };
    items.push(view);
    last = position;
  }
  return { items };
}

/** @returns a walk through everything that an owner has whose id begins with `prefix`; positions are ids */
export function walkOwner<T>({ tx }: OperationContext, owner: string, prefix = ""): Walk<T> {
  return async function* (start) {
    for (let after = start; ; ) {
      const page: Page<T> = await tx.page<T>(owner, { prefix, after, limit: 1000 });
      for (const { id, value } of page.items) yield { position: id, value };
      const last = page.items.at(-1);
      if (!page.more || last === undefined) return;
      after = last.id;
    }
  };
}

/** @returns a walk through the shares of other accounts that the caller has; positions are their ids */
export function walkSharesWithCaller(context: OperationContext): Walk<ResourceShare> {
  const { tx, caller } = context;
  const indexes = callerPrincipals(context).map((one) => owners.sharesWith(caller.region, one));
  return async function* (start) {
    for (let after = start; ; ) {
      const pages = await Promise.all(indexes.map((owner) => tx.page<{ account: string }>(owner, { after })));
      // Up to where all of them are complete.
      const [end] = pages.flatMap(({ items, more }) => (more ? [items.at(-1)?.id ?? ""] : [])).sort();
      const found = new Map(pages.flatMap(({ items }) => items.map(({ id, value }) => [id, value.account])));
      for (const id of [...found.keys()].sort()) {
        if (end !== undefined && id > end) break;
        const account = found.get(id) ?? "";
        // The owner may be of the organization that the share is for.
        if (account === caller.account) continue;
        const callers = await callersShare(context, { account, region: caller.region, id });
        if (callers !== undefined) yield { position: id, value: callers.share };
      }
      if (end === undefined) return;
      after = end;
    }
  };
}

/** @returns a walk through the associations of the caller's own shares; positions are `<share id>/…` */
export function walkOwnAssociations(context: OperationContext): Walk<Shared> {
  const { tx, caller } = context;
  const walk = walkOwner<ShareAssociation>(context, owners.shareAssociations(caller));
  return async function* (after) {
    let share: ResourceShare | undefined;
    for await (const { position, value: association } of walk(after)) {
      if (share?.id !== association.shareId) share = await tx.read(shareKey(caller, association.shareId));
      if (share !== undefined) yield { position, value: { share, association } };
    }
  };
}

/** @returns a walk through the resources of the shares that other accounts share with the caller; positions as those of one's own */
export function walkSharedAssociations(context: OperationContext): Walk<Shared> {
  const shares = walkSharesWithCaller(context);
  return async function* (after) {
    const current = shareIdOf(after);
    for await (const { position: id, value: share } of shares(justBefore(current))) {
      if (id < current) continue;
      const walk = walkOwner<ShareAssociation>(context, owners.shareAssociations(scopeOf(share)), `${id}/resource/`);
      for await (const { position, value: association } of walk(id === current ? after : "")) {
        yield { position, value: { share, association } };
      }
    }
  };
}

/** @param position `<share id>/…` @returns the id of the share that a walk is at */
export function shareIdOf(position: string): string {
  return position.split("/", 1)[0] ?? "";
}

/** @returns where to begin so that the walk comes by a share once more; perhaps also by shares just before it */
export function justBefore(shareId: string): string {
  return shareId.slice(0, -1);
}

function scopeOf({ account, region }: ResourceShare): Scope {
  return { account, region };
}
