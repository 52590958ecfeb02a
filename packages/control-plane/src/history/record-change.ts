import type { Scope } from "@pergola/core";
import type { OperationContext } from "../operation.ts";
import type { PendingChange } from "../transaction.ts";
import { changeKey, newChangeId } from "./change-id.ts";
import { type ItemChange, itemChange } from "./item-change.ts";
import { concealedResource, type RecordedItem, recordedItem, resourceOf } from "./recorded-item.ts";

/** How long a change is remembered, in seconds: 90 days, as CloudTrail's event history. */
export const historySeconds = 90 * 86_400;

/** Characters of JSON that the differences of one change may have; beyond it, only what changed is kept, and not how. */
const maxDetail = 200_000;

/** One transaction of the API, as stored. */
export interface HistoryEntry {
  readonly id: string;
  /** ISO 8601. */
  readonly time: string;
  readonly operation: string;
  readonly requestId: string;
  readonly account: string;
  /** ARN, where the host has verified it. */
  readonly principal?: string;
  readonly accessKeyId?: string;
  /** What the change is about. */
  readonly resourceArn?: string;
  readonly changes: readonly ItemChange[];
  /** What was compiled anew, and will have to be when the change is undone. */
  readonly services: readonly string[];
  readonly networks: readonly string[];
  /** The differences were too large to keep: this change cannot be undone. */
  readonly truncated?: true;
  /** Other accounts, whose resources changed with this one's: it cannot be undone by one of them alone. */
  readonly otherAccounts?: readonly string[];
}

/** Puts the record of what an operation is about to change into its transaction; nothing when it changes nothing. */
export async function recordChange(operation: string, output: unknown, context: OperationContext): Promise<void> {
  const { tx, now, caller, newId } = context;
  const pending = await tx.changes((key) => recordedItem(key).kind !== "ignored");
  const changes = pending.flatMap((one) => {
    const change = itemChange(one);
    return change === undefined ? [] : [described(caller, change, recordedItem(one.key), one.after ?? one.before)];
  });
  if (changes.length === 0) return;
  const { account, requestId, principal, accessKeyId } = caller;
  const random = newId("chg").slice(-8);
  const id = newChangeId(tx.store, now, random);
  const resourceArn = subjectOf(changes, output);
  const entry: HistoryEntry = {
    id,
    time: now.toISOString(),
    operation,
    requestId,
    account,
    ...(principal === undefined ? {} : { principal }),
    ...(accessKeyId === undefined ? {} : { accessKeyId }),
    ...(resourceArn === undefined ? {} : { resourceArn }),
    ...bounded(changes),
    services: tx.touched.services.filter((one) => one.account === account).map((service) => service.id),
    networks: tx.touched.networks.filter((one) => one.account === account).map((network) => network.id),
  };
  const others = otherAccounts(context, pending);
  const shared = others.length === 0 ? {} : { otherAccounts: others };
  const expiresAt = Math.ceil(now.getTime() / 1000) + historySeconds;
  tx.create(changeKey(caller, id), { ...entry, ...shared }, expiresAt);
  for (const other of others) {
    const key = changeKey({ account: other, region: caller.region }, id);
    tx.create(key, { ...seenByOther(entry), otherAccounts: [account] }, expiresAt);
  }
}

function otherAccounts({ caller, tx }: OperationContext, pending: readonly PendingChange[]): readonly string[] {
  const ofKeys = pending.flatMap(({ key }) => /^(\d{12})\//.exec(key.owner)?.[1] ?? []);
  const touched = [...tx.touched.services, ...tx.touched.networks].map(({ account }) => account);
  return [...new Set([...ofKeys, ...touched])].filter((account) => account !== caller.account);
}

/** The other account learns what changed and which account did it, not who in that account or how. */
function seenByOther({ principal: _, accessKeyId: __, ...entry }: HistoryEntry): HistoryEntry {
  const shown = entry.changes.flatMap(({ key, resource }): ItemChange[] =>
    resource === undefined ? [] : [{ key, resource, concealed: true }],
  );
  return { ...entry, changes: shown, services: [], networks: [] };
}

function described(scope: Scope, change: ItemChange, item: RecordedItem, value: unknown): ItemChange {
  const { key } = change;
  if (item.kind === "concealed") return { key, resource: concealedResource(key), concealed: true };
  return item.kind === "resource" ? { ...change, resource: resourceOf(scope, key, item, value) } : change;
}

function bounded(changes: readonly ItemChange[]): Pick<HistoryEntry, "changes" | "truncated"> {
  if (JSON.stringify(changes).length <= maxDetail) return { changes };
  const shown = changes.filter(({ resource }) => resource !== undefined);
  return {
    changes: shown.map(({ key, resource }) => ({ key, ...(resource ? { resource } : {}), concealed: true })),
    truncated: true,
  };
}

/** The answer names what was made or changed; a deletion often answers nothing, and then it is what went, the parent before its parts. */
function subjectOf(changes: readonly ItemChange[], output: unknown): string | undefined {
  const answered = (output as { arn?: unknown } | undefined)?.arn;
  if (typeof answered === "string") return answered;
  const arns = (list: readonly ItemChange[]): string[] =>
    list.flatMap(({ resource }) => resource?.arn ?? []).sort((a, b) => a.length - b.length);
  const gone = arns(changes.filter(({ before, members }) => before !== undefined && members === undefined));
  return gone[0] ?? arns(changes)[0];
}
