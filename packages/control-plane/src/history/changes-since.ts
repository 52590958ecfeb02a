import { invalid, invalidFields, LatticeError, owners } from "@pergola/core";
import type { OperationContext } from "../operation.ts";
import { changeKey, isChangeId } from "./change-id.ts";
import { timePattern } from "./list-history.ts";
import { type HistoryEntry, historySeconds } from "./record-change.ts";

/** More of them than this are not read for one request. */
const maxEntries = 2_000;

/**
 * @param to a change's id (what came after it) or a time (what came later)
 * @returns the changes since, newest first
 * @throws LatticeError ResourceNotFoundException for an id that history does not have, ValidationException for a time that it does not
 * reach back to, and for too many changes
 */
export async function changesSince(context: OperationContext, to: string): Promise<readonly HistoryEntry[]> {
  const { caller, tx } = context;
  const isOver = await boundary(context, to);
  const entries: HistoryEntry[] = [];
  for (let after = ""; ; ) {
    const page = await tx.page<HistoryEntry>(owners.history(caller), { after, limit: 200 });
    for (const { id, value } of page.items) {
      if (isOver(id, value)) return entries;
      if (entries.length === maxEntries) {
        throw invalid(
          "other",
          `there are more than ${maxEntries} changes since \`${to}\`; apply an exported configuration`,
        );
      }
      entries.push(value);
      after = id;
    }
    if (!page.more) return entries;
  }
}

async function boundary(
  { caller, tx, now }: OperationContext,
  to: string,
): Promise<(key: string, entry: HistoryEntry) => boolean> {
  if (isChangeId(to)) {
    const key = changeKey(caller, to);
    if ((await tx.read(key)) !== undefined) return (id) => id >= key.id;
    const fields = { resourceType: "CHANGE", resourceId: to };
    throw new LatticeError("ResourceNotFoundException", `change \`${to}\` is not in the history`, fields);
  }
  const time = timePattern.test(to) ? Date.parse(to) : Number.NaN;
  const refuse = (message: string): Error => invalidFields([{ name: "to", message }]);
  if (Number.isNaN(time))
    throw refuse("must be a change's id, `chg-…`, or a time in UTC such as `2026-11-23T10:00:00Z`");
  if (time > now.getTime()) throw refuse("must not be in the future");
  if (time < now.getTime() - historySeconds * 1000) throw refuse("must be at most 90 days ago: history ends there");
  return (_id, entry) => Date.parse(entry.time) <= time;
}
