import { invalid, isResourceId, owners, type ResourceBase, type Target, VersionConflict } from "@pergola/core";
import { flag, required, text } from "../constraint.ts";
import { type OperationContext, operation } from "../operation.ts";
import { leaveShares } from "../sharing/stop-sharing.ts";
import { changesSince } from "./changes-since.ts";
import type { HistoryEntry } from "./record-change.ts";
import { type RestoredItem, restoredItems } from "./restored-items.ts";

/**
 * Rollback (Pergola's own API): everything in the account and region as it was right after a change, or at a time, in one
 * transaction; itself a change that can be undone. Users, roles and access keys stay as they are. With `dryRun` it only says what
 * it would do.
 */
export const rollback = operation(
  { to: required(text({ min: 1, max: 100, pattern: /^[!-~]+$/, form: "a change's id or a time" })), dryRun: flag },
  async ({ to, dryRun = false }, context) => {
    const entries = await changesSince(context, to);
    const items = await planOf(context, entries);
    const health = items.filter(({ resource }) => resource?.kind === "target").length;
    requireRoom(context, context.tx.size + health, to);
    if (!dryRun) {
      for (const item of items) await restore(context, item);
      requireRoom(context, context.tx.size, to);
    }
    return { undone: entries.length, changes: items.flatMap(planView) };
  },
);

async function planOf(context: OperationContext, entries: readonly HistoryEntry[]): Promise<readonly RestoredItem[]> {
  const { tx, caller } = context;
  for (const id of new Set(entries.flatMap(({ services }) => services))) await tx.lockService({ ...caller, id });
  for (const id of new Set(entries.flatMap(({ networks }) => networks))) await tx.lockNetwork({ ...caller, id });
  const items = await restoredItems(entries, (key) => tx.get(key)).catch(async (error: unknown) => {
    await requireNewest(context, entries);
    throw error;
  });
  await requireNewest(context, entries);
  return items.map(withoutDrained).filter(({ current, former }) => current !== undefined || former !== undefined);
}

/**
 * What was read after the list of changes may be newer than it.
 * @throws VersionConflict so that the rollback starts again
 */
async function requireNewest({ tx, caller }: OperationContext, [newest]: readonly HistoryEntry[]): Promise<void> {
  const page = await tx.page<HistoryEntry>(owners.history(caller), { limit: 1 });
  const [head] = page.items;
  if (newest !== undefined && head !== undefined && head.value.id !== newest.id) throw new VersionConflict([head]);
}

/** A target that was draining then has drained since. */
function withoutDrained(item: RestoredItem): RestoredItem {
  const { resource, former } = item;
  if (resource?.kind !== "target" || (former as Target | undefined)?.drainingSince === undefined) return item;
  return { ...item, former: undefined };
}

/** @param size of the transaction */
function requireRoom({ tx }: OperationContext, size: number, to: string): void {
  // The record of the rollback itself is one more.
  const writes = size + 1;
  if (writes <= tx.maxWrites) return;
  throw invalid(
    "other",
    `going back to \`${to}\` touches ${writes} items at once, at most ${tx.maxWrites} are possible: go back in smaller steps, each to a later change, or apply an exported configuration`,
  );
}

async function restore(context: OperationContext, { key, resource, current, former }: RestoredItem): Promise<void> {
  const { tx, now } = context;
  if (former === undefined) {
    tx.delete(key);
    if (shareable.has(resource?.kind ?? "")) await leaveShares(context, current as ResourceBase);
  } else {
    const value = former as Readonly<Record<string, unknown>>;
    tx.put(key, Object.hasOwn(value, "lastUpdatedAt") ? { ...value, lastUpdatedAt: now.toISOString() } : value);
  }
  // What was found out about a target in an earlier life of it says nothing about this one.
  const groupId = resource?.kind === "target" ? key.owner.split("/")[0] : undefined;
  if (groupId !== undefined && isResourceId("tg", groupId)) tx.delete({ owner: owners.health(groupId), id: key.id });
}

/** Resource shares are no part of what is rolled back, and let go of what goes. */
const shareable: ReadonlySet<string> = new Set(["service", "service-network", "resource-configuration"]);

function planView({ resource, current, former }: RestoredItem): Record<string, unknown>[] {
  if (resource === undefined) return [];
  const action = current === undefined ? "create" : former === undefined ? "delete" : "update";
  const members = action === "update" ? { members: differing(current, former) } : {};
  return [{ action, ...resource, ...members }];
}

function differing(current: unknown, former: unknown): string[] {
  const [a, b] = [current, former] as Readonly<Record<string, unknown>>[];
  const names = new Set([...Object.keys(a ?? {}), ...Object.keys(b ?? {})]);
  return [...names].filter((name) => JSON.stringify(a?.[name]) !== JSON.stringify(b?.[name])).sort();
}
