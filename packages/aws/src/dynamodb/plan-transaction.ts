import type { TransactWriteItem } from "@aws-sdk/client-dynamodb";
import type { Expected, Write } from "@pergola/core";
import { type Attributes, type ItemKey, itemKey } from "./attributes.ts";
import { partKeys } from "./part-keys.ts";
import { maxActions } from "./table-definition.ts";
import { versionOf } from "./transaction-id.ts";
import type { EncodedValue } from "./value-codec.ts";

/** How long the parts of a replaced value stay for readers that are on their way to them, in seconds. */
export const retiredSeconds = 3600;

/** A transaction's writes, made ready once; the plan is made anew when a large value turns out to be in the way. */
export interface PreparedWrites {
  readonly transactionId: string;
  readonly table: string;
  /** In the order of `values`. */
  readonly writes: readonly Write[];
  /** For each write its value; undefined where there is none. */
  readonly values: readonly (EncodedValue | undefined)[];
  /** Epoch seconds: what is over by now counts as absent. */
  readonly now: number;
  /** The record of what changed, a whole item; undefined when the transaction only checks. */
  readonly change: Attributes | undefined;
}

/** What an action of the plan stands for, so that its reason of cancellation can be told. */
export interface PlannedAction {
  readonly action: TransactWriteItem;
  /** The write it is for; undefined for the store's own items. */
  readonly write?: Write;
}

export interface TransactionPlan {
  readonly actions: readonly PlannedAction[];
  /** False when there was no room for the record of changes: then it has to be written around the transaction. */
  readonly recordsChange: boolean;
  /** Parts of replaced values for which there was no room. */
  readonly unretired: readonly ItemKey[];
}

/**
 * @param adopted versions of large values that a write expecting `any` will replace, by write
 * @throws RangeError when writes and parts of large values are more than DynamoDB's 100 actions
 */
export function planTransaction(prepared: PreparedWrites, adopted: ReadonlyMap<Write, string>): TransactionPlan {
  const { writes, values, change, table } = prepared;
  const actions = writes.flatMap((write, index) =>
    actionsOf(prepared, write, values[index], index, adopted.get(write)),
  );
  if (actions.length > maxActions) {
    throw new RangeError(
      `writes: ${writes.length} of them with the parts of their large values are ${actions.length} actions, at most ${maxActions} are possible`,
    );
  }
  const retired = writes.flatMap((write) => retiredBy(write, adopted.get(write)));
  const recordsChange = change === undefined || actions.length < maxActions;
  if (change !== undefined && recordsChange)
    actions.push({ action: { Put: { TableName: table, Item: change as never } } });
  const room = maxActions - actions.length;
  for (const key of retired.slice(0, room)) actions.push({ action: retireAction(prepared, key) });
  return { actions, recordsChange, unretired: retired.slice(room) };
}

function actionsOf(
  prepared: PreparedWrites,
  write: Write,
  value: EncodedValue | undefined,
  slot: number,
  adopted: string | undefined,
): PlannedAction[] {
  const { table, transactionId } = prepared;
  const { owner, id } = write.key;
  const Key = itemKey(owner, id);
  const condition = conditionOf(write.expect, prepared.now, adopted);
  if (write.kind === "check") {
    if (condition === undefined || write.expect === "any") return [];
    return [{ write, action: { ConditionCheck: { TableName: table, Key, ...condition } } }];
  }
  if (write.kind === "delete") return [{ write, action: { Delete: { TableName: table, Key, ...condition } } }];
  if (value === undefined) throw new Error("a put without its value");
  const version = versionOf({ transactionId, slot, count: value.parts.length });
  const expiresAt = write.expiresAt === undefined ? {} : { expiresAt: { N: timeToLive(write.expiresAt) } };
  const Item = { ...Key, version: { S: version }, ...value.attributes, ...expiresAt };
  const put: PlannedAction = { write, action: { Put: { TableName: table, Item: Item as never, ...condition } } };
  return [put, ...partKeys(version).map((key) => ({ action: keepAction(table, key, write.expiresAt) }))];
}

interface Condition {
  readonly ConditionExpression: string;
  readonly ExpressionAttributeValues?: Record<string, { readonly S: string } | { readonly N: string }>;
}

function conditionOf(expect: Expected, now: number, adopted: string | undefined): Condition {
  if (adopted !== undefined) {
    return { ConditionExpression: "version = :version", ExpressionAttributeValues: { ":version": { S: adopted } } };
  }
  // A large value must not be replaced unseen: nobody would know of its parts.
  if (expect === "any") return { ConditionExpression: "attribute_not_exists(parts)" };
  const seconds = { ":now": { N: String(now) } };
  if (expect === "absent") {
    return { ConditionExpression: "attribute_not_exists(pk) OR expiresAt <= :now", ExpressionAttributeValues: seconds };
  }
  return {
    ConditionExpression: "version = :version AND (attribute_not_exists(expiresAt) OR expiresAt > :now)",
    ExpressionAttributeValues: { ":version": { S: expect.version }, ...seconds },
  };
}

/** DynamoDB's numbers end at 10^126; the year 9999 is far enough. */
const lastSecond = 253_402_300_799;

function timeToLive(seconds: number): string {
  return String(Math.min(lastSecond, Math.max(0, Math.ceil(seconds))));
}

/** Takes the time to live from a part that was written ahead: from this transaction on it belongs to a value. */
function keepAction(table: string, key: ItemKey, expiresAt: number | undefined): TransactWriteItem {
  const kept = { TableName: table, Key: { ...key }, ConditionExpression: "attribute_exists(pk)" };
  if (expiresAt === undefined) return { Update: { ...kept, UpdateExpression: "REMOVE expiresAt" } };
  const values = { ":expiresAt": { N: timeToLive(expiresAt + retiredSeconds) } };
  return { Update: { ...kept, UpdateExpression: "SET expiresAt = :expiresAt", ExpressionAttributeValues: values } };
}

function retiredBy(write: Write, adopted: string | undefined): readonly ItemKey[] {
  if (write.kind === "check") return [];
  if (adopted !== undefined) return partKeys(adopted);
  return typeof write.expect === "object" ? partKeys(write.expect.version) : [];
}

/** Gives a part its time to live back. */
export function retireAction({ table, now }: PreparedWrites, key: ItemKey): TransactWriteItem {
  const values = { ":expiresAt": { N: timeToLive(now + retiredSeconds) } };
  const UpdateExpression = "SET expiresAt = :expiresAt";
  return { Update: { TableName: table, Key: { ...key }, UpdateExpression, ExpressionAttributeValues: values } };
}
