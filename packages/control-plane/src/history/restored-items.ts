import { isDeepStrictEqual } from "node:util";
import { type Key, LatticeError } from "@pergola/core";
import { CannotUndo, undoChange } from "./item-change.ts";
import type { HistoryEntry } from "./record-change.ts";
import { type ChangedResource, recordedItem } from "./recorded-item.ts";

/** An item as it is now and as it was; undefined where it was not there. */
export interface RestoredItem {
  readonly key: Key;
  /** Absent on items that keep resources together. */
  readonly resource?: ChangedResource;
  readonly current: unknown;
  readonly former: unknown;
}

/**
 * Undoes changes one by one.
 * @param entries newest first, without a gap
 * @param read the items as they are now
 * @returns each item that is not as it was
 * @throws LatticeError ConflictException that names the change that cannot be undone
 */
export async function restoredItems(
  entries: readonly HistoryEntry[],
  read: (key: Key) => Promise<unknown>,
): Promise<readonly RestoredItem[]> {
  const items = new Map<string, RestoredItem>();
  for (const entry of entries) {
    if (entry.truncated) throw refused(entry, "it was too large for its differences to be kept", entry.resourceArn);
    if (entry.otherAccounts) throw refused(entry, "it changed what another account has too", entry.resourceArn);
    for (const change of entry.changes) {
      const { key, resource } = change;
      if (recordedItem(key).kind === "concealed") continue;
      const name = `${key.owner}\n${key.id}`;
      const known = items.get(name);
      const current = known === undefined ? await read(key) : known.current;
      const undone = known === undefined ? current : known.former;
      const label = resource ?? known?.resource;
      try {
        items.set(name, { key, ...(label ? { resource: label } : {}), current, former: undoChange(undone, change) });
      } catch (error) {
        if (!(error instanceof CannotUndo)) throw error;
        throw refused(entry, error.message, label?.arn ?? label?.id ?? `${key.owner} ${key.id}`);
      }
    }
  }
  return [...items.values()].filter(({ current, former }) => !isSame(current, former));
}

function refused({ id, operation }: HistoryEntry, why: string, what = operation): LatticeError {
  return new LatticeError(
    "ConflictException",
    `change \`${id}\` (${operation}) cannot be undone: \`${what}\`: ${why}; go back to a later change, or apply an exported configuration`,
    { resourceType: "CHANGE", resourceId: id },
  );
}

/** When it was changed last says nothing of what it is. */
function isSame(current: unknown, former: unknown): boolean {
  return isDeepStrictEqual(content(current), content(former));
}

function content(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  const { lastUpdatedAt: _, ...rest } = value as Readonly<Record<string, unknown>>;
  return rest;
}
