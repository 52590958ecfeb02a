import type { Key } from "@pergola/core";
import { type Attributes, textOf } from "./attributes.ts";
import { changesPartition } from "./table-definition.ts";
import { decodeValue, encodeValue } from "./value-codec.ts";

/** Which keys a transaction changed. */
export interface ChangeRecord {
  readonly id: string;
  readonly keys: readonly Key[];
  /** Milliseconds since 1970: until then the transaction may still be under way. Absent when the record is part of it. */
  readonly unsettledUntil?: number;
}

/** How long a record stays, in seconds: longer than any process is frozen or cut off without starting anew. */
export const recordSeconds = 86_400;

/** @param now epoch seconds @returns the item */
export async function encodeChange({ id, keys, unsettledUntil }: ChangeRecord, now: number): Promise<Attributes> {
  const value = { keys: keys.map(({ owner, id: of }) => [owner, of]), ...(unsettledUntil && { unsettledUntil }) };
  const { attributes } = await encodeValue(JSON.stringify(value));
  return {
    pk: { S: changesPartition },
    sk: { S: id },
    ...attributes,
    expiresAt: { N: String(Math.ceil(now + recordSeconds)) },
  };
}

/** @returns the record in an item */
export async function decodeChange(item: Attributes): Promise<ChangeRecord> {
  const { keys, unsettledUntil } = await decodeValue<{ keys: [string, string][]; unsettledUntil?: number }>(item, []);
  const record = { id: textOf(item, "sk"), keys: keys.map(([owner, id]) => ({ owner, id })) };
  return unsettledUntil === undefined ? record : { ...record, unsettledUntil };
}
