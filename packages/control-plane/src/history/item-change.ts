import { isDeepStrictEqual } from "node:util";
import type { Key } from "@pergola/core";
import type { PendingChange } from "../transaction.ts";
import { type ChangedResource, isCount } from "./recorded-item.ts";

/** One member of an item, before and after; a side is absent where the member was or is. */
export interface MemberChange {
  readonly before?: unknown;
  readonly after?: unknown;
}

/**
 * How one item changed: `after` alone for one that came, `before` alone for one that went, `members` for one that stayed. One that
 * goes away by itself (`expires`) has both sides whole, since it may be gone when the change is undone.
 */
export interface ItemChange {
  readonly key: Key;
  /** Absent on items that keep resources together. */
  readonly resource?: ChangedResource;
  readonly before?: Json;
  readonly after?: Json;
  readonly members?: Readonly<Record<string, MemberChange>>;
  readonly expires?: true;
  /** Only that it changed is known: an identity's contents are not kept, nor those of a change beyond the size limit. */
  readonly concealed?: true;
}

type Json = Readonly<Record<string, unknown>>;

/** @returns the change without what it is part of; undefined when nothing changes */
export function itemChange({ key, before, after, expiresAt }: PendingChange): ItemChange | undefined {
  const [old, fresh] = [asJson(before), asJson(after)];
  if (old === undefined && fresh === undefined) return undefined;
  if (old === undefined) return { key, after: fresh as Json };
  if (fresh === undefined) return { key, before: old };
  if (expiresAt !== undefined) return { key, before: old, after: fresh, expires: true };
  const members = memberChanges(old, fresh);
  return Object.keys(members).length === 0 ? undefined : { key, members };
}

/** Members that are undefined do not reach the store, and so are none here either. */
function asJson(value: unknown): Json | undefined {
  return value === undefined ? undefined : (JSON.parse(JSON.stringify(value)) as Json);
}

function memberChanges(before: Json, after: Json): Record<string, MemberChange> {
  const names = new Set([...Object.keys(before), ...Object.keys(after)]);
  const changed: Record<string, MemberChange> = {};
  for (const name of names) {
    if (isDeepStrictEqual(before[name], after[name])) continue;
    changed[name] = {
      ...(Object.hasOwn(before, name) ? { before: before[name] } : {}),
      ...(Object.hasOwn(after, name) ? { after: after[name] } : {}),
    };
  }
  return changed;
}

/** The item is not as the change left it, and this is why. */
export class CannotUndo extends Error {
  override readonly name = "CannotUndo";
}

/**
 * @param value the item as the change left it
 * @returns it as it was before
 * @throws CannotUndo when it is not as the change left it: somebody else changed it without history, or its id was used again
 */
export function undoChange(value: unknown, change: ItemChange): unknown {
  const { before, after, members = {}, expires, concealed } = change;
  if (concealed) return value;
  if (expires) return before;
  if (before !== undefined) {
    if (value !== undefined) throw new CannotUndo("it is there again: its id was used a second time");
    return before;
  }
  if (value === undefined) throw new CannotUndo("it is gone, and history does not say how");
  if (after === undefined) return withoutMembers(value as Json, change, members);
  if ((value as Json).createdAt !== after.createdAt)
    throw new CannotUndo("another has its id: the id was used a second time");
  return undefined;
}

function withoutMembers(value: Json, { key }: ItemChange, members: Readonly<Record<string, MemberChange>>): Json {
  const restored: Record<string, unknown> = { ...value };
  for (const [name, { before, after }] of Object.entries(members)) {
    if (isCount(key)) {
      // Taken as a difference: processes whose clocks differ count in an order that history may not show.
      restored[name] = Number(value[name]) + Number(before) - Number(after);
      continue;
    }
    if (name !== "lastUpdatedAt" && !isDeepStrictEqual(value[name], after))
      throw new CannotUndo(`its \`${name}\` was changed by something that history does not show`);
    if (before === undefined) delete restored[name];
    else restored[name] = before;
  }
  return restored;
}
