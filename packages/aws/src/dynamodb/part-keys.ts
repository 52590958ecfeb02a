import { type ItemKey, itemKey } from "./attributes.ts";
import { partsPartition } from "./table-definition.ts";
import { partsOf } from "./transaction-id.ts";

/** @returns the addresses of the parts of the value that has this version, in order; none for nearly every value */
export function partKeys(version: string): readonly ItemKey[] {
  const { transactionId, slot, count } = partsOf(version);
  const partition = partsPartition(transactionId);
  return Array.from({ length: count }, (_, index) => itemKey(partition, `${slot}/${index}`));
}
