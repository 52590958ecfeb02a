import { randomUUID } from "node:crypto";
import { type Key, type Logger, monotonicNow, VersionConflict, type Write } from "@pergola/core";
import { type ItemKey, itemKey, textOf } from "./attributes.ts";
import { type ChangeRecord, encodeChange } from "./change-record.ts";
import type { ItemReads } from "./item-reads.ts";
import { partKeys } from "./part-keys.ts";
import { type PlannedAction, type PreparedWrites, planTransaction, retireAction } from "./plan-transaction.ts";
import type { SdkCalls } from "./sdk-calls.ts";
import { maxTransactionBytes } from "./table-definition.ts";
import { versionOf } from "./transaction-id.ts";
import { isTransient } from "./transient-failure.ts";
import { type EncodedValue, encodeValue } from "./value-codec.ts";
import { type RetryLimits, withRetries } from "./with-retries.ts";

export interface CommitPorts {
  readonly calls: SdkCalls;
  readonly reads: ItemReads;
  readonly table: string;
  readonly limits: RetryLimits;
  readonly logger: Pick<Logger, "error">;
}

/** Parts that no transaction has taken over are deleted after a day. */
const orphanSeconds = 86_400;

/**
 * Writes everything or nothing. What does not fit into items is written ahead and belongs to nobody until the transaction.
 * @param transactionId fresh
 * @param texts JSON of each write's value, in order; `""` where there is none
 * @param now epoch seconds
 * @throws VersionConflict when an expectation does not hold
 * @throws RangeError when it is more than DynamoDB takes at once
 * @throws RetriesExhausted when the table could not be reached in time: then it may or may not have been written
 */
export async function commitTransaction(
  ports: CommitPorts,
  transactionId: string,
  writes: readonly Write[],
  texts: readonly string[],
  now: number,
): Promise<void> {
  const values: (EncodedValue | undefined)[] = [];
  for (const [index, write] of writes.entries()) {
    values.push(write.kind === "put" ? await encodeValue(texts[index] ?? "") : undefined);
  }
  requireSize(values);
  const keys = writes.filter((write) => write.kind !== "check").map((write) => write.key);
  const change = keys.length === 0 ? undefined : await encodeChange({ id: transactionId, keys }, now);
  const prepared: PreparedWrites = { transactionId, table: ports.table, writes, values, now, change };
  // Once before anything is sent: what DynamoDB cannot take leaves no parts behind.
  if (planTransaction(prepared, new Map()).actions.length === 0) return;
  await writePartsAhead(ports, prepared);
  await commitPrepared(ports, prepared, keys);
}

function requireSize(values: readonly (EncodedValue | undefined)[]): void {
  const bytes = values.reduce((sum, value) => sum + (value?.bytes ?? 0), 0);
  if (bytes <= maxTransactionBytes) return;
  throw new RangeError(`writes: use at most ${maxTransactionBytes} bytes of values when compressed, not ${bytes}`);
}

/** One deadline for all parts: how far back other processes look for the record of this change depends on it. */
async function writePartsAhead(ports: CommitPorts, prepared: PreparedWrites): Promise<void> {
  const { transactionId, table, values, now } = prepared;
  const { deadlineMs, attemptMs } = ports.limits;
  const end = monotonicNow() + deadlineMs;
  const expiresAt = { N: String(Math.ceil(now + orphanSeconds)) };
  for (const [slot, value] of values.entries()) {
    const parts = value?.parts ?? [];
    const keys = partKeys(versionOf({ transactionId, slot, count: parts.length }));
    for (const [index, key] of keys.entries()) {
      const Item = { ...key, part: { B: parts[index] ?? new Uint8Array() }, expiresAt };
      const left = { attemptMs, deadlineMs: Math.max(1, end - monotonicNow()) };
      await withRetries((signal) => ports.calls.putItem({ TableName: table, Item }, signal), isTransient, left);
    }
  }
}

async function commitPrepared(ports: CommitPorts, prepared: PreparedWrites, keys: readonly Key[]): Promise<void> {
  const adopted = new Map<Write, string>();
  const end = monotonicNow() + ports.limits.deadlineMs;
  for (;;) {
    const plan = planTransaction(prepared, adopted);
    const { transactionId, now } = prepared;
    const unsettledUntil = Math.ceil(now * 1000 + 2 * ports.limits.deadlineMs);
    // No room inside: watchers read again and again until the transaction has settled one way or the other.
    if (!plan.recordsChange) await putChange(ports, { id: `${transactionId}-before`, keys, unsettledUntil }, now);
    const unseen = await send(ports, plan.actions);
    if (unseen.length === 0) {
      if (!plan.recordsChange) await putChange(ports, { id: transactionId, keys }, now);
      await retireLeft(ports, prepared, plan.unretired);
      return;
    }
    if (monotonicNow() >= end) throw new Error("large values in the way were replaced again and again; try again");
    for (const write of unseen) {
      const { owner, id } = write.key;
      const item = await ports.reads.get(itemKey(owner, id));
      if (item === undefined) adopted.delete(write);
      else adopted.set(write, textOf(item, "version"));
    }
  }
}

/**
 * @returns writes that expect `any` and met a large value that has to be looked at first; none when everything is written
 * @throws VersionConflict
 */
async function send(ports: CommitPorts, actions: readonly PlannedAction[]): Promise<readonly Write[]> {
  const TransactItems = actions.map(({ action }) => action);
  // The same at every try: DynamoDB knows a transaction again that it has done, though its answer was lost.
  // Source: TransactWriteItems API reference, ClientRequestToken, 10 minutes, read 2026-11.
  const input = { TransactItems, ClientRequestToken: randomUUID() };
  try {
    await withRetries((signal) => ports.calls.transactWriteItems(input, signal), isRetried, ports.limits);
    return [];
  } catch (error) {
    const refused = failedConditions(error, actions);
    if (refused.length === 0) throw error;
    const conflicts = refused.filter((write) => write.expect !== "any");
    if (conflicts.length > 0) throw new VersionConflict(conflicts.map(({ key: { owner, id } }) => ({ owner, id })));
    return refused;
  }
}

/** Reasons that pass. Source: TransactWriteItems API reference, cancellation reasons, read 2026-11. */
const passingReasons: ReadonlySet<string> = new Set([
  "TransactionConflict",
  "ThrottlingError",
  "ProvisionedThroughputExceeded",
]);

function isRetried(error: unknown): boolean {
  const codes = reasonsOf(error);
  if (codes.length === 0) return isTransient(error);
  const failed = codes.filter((code) => code !== "None");
  return failed.length > 0 && failed.every((code) => passingReasons.has(code));
}

function reasonsOf(error: unknown): readonly string[] {
  if (!(error instanceof Error) || error.name !== "TransactionCanceledException") return [];
  const { CancellationReasons = [] } = error as { CancellationReasons?: readonly { Code?: string }[] };
  return CancellationReasons.map(({ Code = "None" }) => Code);
}

/** @returns the writes that were not as expected, in their order */
function failedConditions(error: unknown, actions: readonly PlannedAction[]): Write[] {
  const refused: Write[] = [];
  for (const [index, code] of reasonsOf(error).entries()) {
    const write = actions[index]?.write;
    if (code === "ConditionalCheckFailed" && write !== undefined) refused.push(write);
  }
  return refused;
}

async function putChange(ports: CommitPorts, record: ChangeRecord, now: number): Promise<void> {
  const Item = await encodeChange(record, now);
  await withRetries(
    (signal) => ports.calls.putItem({ TableName: ports.table, Item }, signal),
    isTransient,
    ports.limits,
  );
}

/** The transaction stands: garbage that stays must not make it look failed. */
async function retireLeft(ports: CommitPorts, prepared: PreparedWrites, keys: readonly ItemKey[]): Promise<void> {
  if (keys.length === 0) return;
  const input = { TransactItems: keys.map((key) => retireAction(prepared, key)), ClientRequestToken: randomUUID() };
  try {
    await withRetries((signal) => ports.calls.transactWriteItems(input, signal), isRetried, ports.limits);
  } catch (cause) {
    ports.logger.error("parts of replaced values were left in the table", { count: keys.length, cause });
  }
}
