import { owners } from "@pergola/core";
import { type Constraint, text } from "../constraint.ts";
import { paging } from "../field-constraints.ts";
import { query } from "../operation.ts";
import { endOfList, listPage } from "../page.ts";
import type { ItemChange } from "./item-change.ts";
import type { HistoryEntry } from "./record-change.ts";

/** ISO 8601 in UTC. */
export const timePattern = /^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d{1,3})?)?Z$/;

const since: Constraint<string> = text({
  min: 17,
  max: 24,
  pattern: timePattern,
  form: "a time in UTC such as `2026-11-23T10:00:00Z`",
});

/**
 * ListHistory (Pergola's own API): who changed what, newest first: everything in the account and region, or what a resource and its
 * parts went through. `resource` is an ARN, id or name; it may be gone.
 */
export const listHistory = query(
  { ...paging, resource: text({ min: 1, max: 2048, pattern: /^[!-~]+$/, form: "an ARN, id or name" }), since },
  ({ resource, since: from, ...page }, context) =>
    listPage<HistoryEntry, unknown>(context, "history", owners.history(context.caller), page, (entry) => {
      if (from !== undefined && Date.parse(entry.time) < Date.parse(from)) return endOfList;
      return resource === undefined || entry.changes.some((change) => isAbout(change, resource))
        ? historyView(entry)
        : undefined;
    }),
);

function isAbout({ resource, key }: ItemChange, wanted: string): boolean {
  if (resource === undefined) return false;
  const { arn = "", id, name } = resource;
  if (wanted.startsWith("arn:")) return arn === wanted || arn.startsWith(`${wanted}/`);
  return id === wanted || name === wanted || key.id === wanted || arn.split("/").includes(wanted);
}

/** @returns the entry without the items that only keep resources together */
export function historyView({ changes, services: _, networks: __, ...entry }: HistoryEntry): Record<string, unknown> {
  return { ...entry, changes: changes.flatMap(changeView) };
}

function changeView({ resource, before, after, members, concealed }: ItemChange): Record<string, unknown>[] {
  if (resource === undefined) return [];
  const kept = before !== undefined && after !== undefined;
  const action = members !== undefined || kept || concealed ? "update" : before === undefined ? "create" : "delete";
  const detail = Object.entries({ before, after, members }).filter(([, value]) => value !== undefined);
  return [{ action: concealed ? "change" : action, ...resource, ...Object.fromEntries(detail) }];
}
