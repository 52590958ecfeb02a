import type { Clock } from "@pergola/core";
import { type Attributes, type ItemKey, itemKey, numberOf, textOf } from "./attributes.ts";
import type { BatchGetItemOutput, QueryInput, ReadCalls } from "./read-calls.ts";
import { isTransient } from "./transient-failure.ts";
import { type RetryLimits, withRetries } from "./with-retries.ts";

/** Items of the table as they are, by strongly consistent reads, each tried again after a passing failure. */
export interface ItemReads {
  /** @returns the item, or undefined when there is none; one whose time is over may be among them */
  get(key: ItemKey, signal?: AbortSignal): Promise<Attributes | undefined>;
  /** @param keys at most 100, none twice @returns what is there, in any order */
  getMany(keys: readonly ItemKey[], signal?: AbortSignal): Promise<readonly Attributes[]>;
  /** @returns at most `limit` items of a partition in ascending order, without those whose time is over, and whether that is all */
  list(
    range: ItemRange,
    signal?: AbortSignal,
  ): Promise<{ readonly items: readonly Attributes[]; readonly more: boolean }>;
}

export interface ItemRange {
  readonly partition: string;
  readonly prefix: string;
  /** Exclusive; `""` for the beginning. */
  readonly after: string;
  readonly limit: number;
}

/** @param limits for one read, however many requests it takes */
export function itemReads(calls: ReadCalls, table: string, clock: Clock, limits: RetryLimits): ItemReads {
  return {
    async get(key, signal) {
      const input = { TableName: table, Key: key, ConsistentRead: true } as const;
      return (await withRetries((one) => calls.getItem(input, one), isTransient, limits, signal)).Item;
    },
    async getMany(keys, signal) {
      const found: Attributes[] = [];
      let left: readonly ItemKey[] = keys;
      await withRetries(
        async (one) => {
          while (left.length > 0) {
            const input = { RequestItems: { [table]: { Keys: [...left], ConsistentRead: true as const } } };
            const output = await calls.batchGetItem(input, one);
            const before = left.length;
            left = unprocessedOf(output, table);
            found.push(...(output.Responses?.[table] ?? []));
            if (left.length === before) throw new NothingProcessed(`none of ${before} keys was processed`);
          }
        },
        (error) => error instanceof NothingProcessed || isTransient(error),
        limits,
        signal,
      );
      return found;
    },
    async list(range, signal) {
      // No id behind the cursor can begin with the prefix any more.
      const { prefix, after, limit } = range;
      if (after > prefix && !after.startsWith(prefix)) return { items: [], more: false };
      const items: Attributes[] = [];
      let from: string | undefined = after.startsWith(prefix) && after !== "" ? after : undefined;
      do {
        const input = queryInput(table, range, from, limit + 1 - items.length, clock);
        const output = await withRetries((one) => calls.query(input, one), isTransient, limits, signal);
        items.push(...(output.Items ?? []));
        from = output.LastEvaluatedKey && textOf(output.LastEvaluatedKey, "sk");
      } while (from !== undefined && items.length <= limit);
      return { items: items.slice(0, limit), more: items.length > limit };
    },
  };
}

/** A batch without progress: DynamoDB is short of throughput. */
class NothingProcessed extends Error {
  override readonly name = "NothingProcessed";
}

function unprocessedOf({ UnprocessedKeys }: BatchGetItemOutput, table: string): ItemKey[] {
  return (UnprocessedKeys?.[table]?.Keys ?? []).map((key) => itemKey(textOf(key, "pk"), textOf(key, "sk")));
}

/** The order of DynamoDB's strings is that of UTF-8 bytes, and for the characters of keys that of code units. */
function queryInput(
  table: string,
  { partition, prefix }: ItemRange,
  from: string | undefined,
  limit: number,
  clock: Clock,
): QueryInput {
  return {
    TableName: table,
    ConsistentRead: true,
    KeyConditionExpression: prefix === "" ? "pk = :pk" : "pk = :pk AND begins_with(sk, :prefix)",
    FilterExpression: "attribute_not_exists(expiresAt) OR expiresAt > :now",
    ExpressionAttributeValues: {
      ":pk": { S: partition },
      ":now": { N: String(secondsOf(clock)) },
      ...(prefix === "" ? {} : { ":prefix": { S: prefix } }),
    },
    Limit: limit,
    // A start need not exist as an item; it has to be within the key condition, which an id with the prefix is.
    ...(from === undefined ? {} : { ExclusiveStartKey: itemKey(partition, from) }),
  };
}

/** @returns epoch seconds, with their fraction */
export function secondsOf(clock: Clock): number {
  return clock.now().getTime() / 1000;
}

/** @returns whether the item's time to live is over, though DynamoDB has not deleted it yet */
export function isOver(item: Attributes, clock: Clock): boolean {
  const expiresAt = numberOf(item, "expiresAt");
  return expiresAt !== undefined && expiresAt <= secondsOf(clock);
}
