import type { Key } from "@pergola/core";
import { maxPartitionKeyBytes, maxSortKeyBytes } from "./table-definition.ts";

/** @throws RangeError for a key that DynamoDB has no room for: it counts bytes where the port counts characters */
export function requireKeyBytes({ owner, id }: Key): void {
  requireOwnerBytes(owner);
  requireIdBytes("key id", id);
}

/** @throws RangeError for an owner of more than 2,048 bytes */
export function requireOwnerBytes(owner: string): void {
  if (Buffer.byteLength(owner) <= maxPartitionKeyBytes) return;
  throw new RangeError(`key owner: use at most ${maxPartitionKeyBytes} bytes in UTF-8`);
}

/** @throws RangeError for an id, or a part of one, of more than 1,024 bytes */
export function requireIdBytes(name: string, id: string): void {
  if (Buffer.byteLength(id) <= maxSortKeyBytes) return;
  throw new RangeError(`${name}: use at most ${maxSortKeyBytes} bytes in UTF-8`);
}
