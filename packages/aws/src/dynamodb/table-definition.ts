/**
 * The one table that everything is in: what `createDynamoTable` makes and what a stack has to declare.
 * Source of the limits below: DynamoDB developer guide, quotas and constraints, read 2026-11.
 */
export const tableDefinition = {
  /** Partition key, string: the owner of a key. */
  partitionKey: "pk",
  /** Sort key, string: the id of a key. */
  sortKey: "sk",
  /** Time to live: a number of epoch seconds. */
  timeToLive: "expiresAt",
  billingMode: "PAY_PER_REQUEST",
  pointInTimeRecovery: true,
} as const;

/** Bytes in UTF-8. */
export const maxPartitionKeyBytes = 2048;
export const maxSortKeyBytes = 1024;

/** Puts, deletes, updates and checks of one transaction. */
export const maxActions = 100;

/** Of all items in one transaction: DynamoDB's 4 MB, less room for attribute names and keys that are not counted here. */
export const maxTransactionBytes = 3_900_000;

/**
 * Partitions of the store's own items. No key of the port can be one of them, since keys hold nothing outside the basic
 * multilingual plane (`requireKey`), as this puzzle piece is.
 */
const internal = "\u{1f9e9}";

/** The record of changes, by time. */
export const changesPartition = `${internal}changes`;

/** @returns the partition of the parts of one transaction's large values */
export function partsPartition(transactionId: string): string {
  return `${internal}parts/${transactionId}`;
}
