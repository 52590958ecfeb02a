import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import {
  type Clock,
  type ConfigStore,
  type Key,
  type ListOptions,
  type Logger,
  requireWrites,
  storeWatchers,
  systemClock,
  type Write,
} from "@pergola/core";
import { changeFeed } from "./change-feed.ts";
import { commitTransaction } from "./commit-transaction.ts";
import { type DynamoClientOptions, openDynamoClient } from "./dynamo-client.ts";
import { itemReads, secondsOf } from "./item-reads.ts";
import { requireKeyBytes } from "./key-bytes.ts";
import { sdkCalls } from "./sdk-calls.ts";
import { storeReads } from "./store-reads.ts";
import { newTransactionId } from "./transaction-id.ts";

export interface DynamoStoreOptions {
  /** Either a client, which stays the caller's to destroy, or how to make one. */
  readonly client: DynamoDBClient | DynamoClientOptions;
  readonly table: string;
  readonly clock?: Clock;
  readonly logger: Logger;
  /** How often other processes' changes are looked for while anyone watches, in milliseconds; default 1,000. */
  readonly cacheTtlMs?: number;
  /** How long one call may go on trying, in milliseconds; default 15,000. */
  readonly deadlineMs?: number;
  /** How long one request of it may take, in milliseconds; default 5,000. */
  readonly attemptMs?: number;
}

export interface DynamoStore extends ConfigStore {
  /**
   * Tells watchers now of what other processes changed, where the last look is longer ago than `maxAgeMs` (default 0: always). For
   * hosts whose timers stand still between requests. @throws when the table cannot be read
   */
  refresh(maxAgeMs?: number): Promise<void>;
}

/**
 * A ConfigStore in one DynamoDB table, for any number of processes. `docs/store-dynamodb.md` describes items, cost and times.
 * Nothing is sent before the first call.
 */
export function createDynamoStore(options: DynamoStoreOptions): DynamoStore {
  const {
    client,
    table,
    clock = systemClock,
    logger,
    cacheTtlMs = 1000,
    deadlineMs = 15_000,
    attemptMs = 5_000,
  } = options;
  const limits = { deadlineMs, attemptMs };
  const connection = lazyClient(client);
  const calls = sdkCalls(connection.open);
  const reads = itemReads(calls, table, clock, limits);
  const reading = storeReads(reads, clock);
  const watchers = storeWatchers(logger);
  const tellKeys = (keys: readonly Key[]): void =>
    watchers.tell(keys.map((key) => ({ kind: "delete", key, expect: "any" })));
  const feed = changeFeed({ reads, clock, logger, tell: tellKeys }, { deadlineMs, pollMs: cacheTtlMs });
  const running = new Set<Promise<void>>();
  let closed = false;
  const requireOpen = (signal?: AbortSignal): void => {
    if (closed) throw new Error("the store is closed");
    signal?.throwIfAborted();
  };
  const commit = async (writes: readonly Write[]): Promise<void> => {
    const texts = requireWrites(writes);
    for (const { key } of writes) requireKeyBytes(key);
    const transactionId = newTransactionId(clock.now());
    feed.own(transactionId);
    try {
      await commitTransaction({ calls, reads, table, limits, logger }, transactionId, writes, texts, secondsOf(clock));
    } catch (error) {
      feed.disown(transactionId);
      throw error;
    }
    watchers.tell(writes);
  };

  return {
    async get<T>(key: Key, signal?: AbortSignal) {
      requireOpen(signal);
      return reading.get<T>(key, signal);
    },
    async getMany<T>(keys: readonly Key[], signal?: AbortSignal) {
      requireOpen(signal);
      return reading.getMany<T>(keys, signal);
    },
    async list<T>(owner: string, listing: ListOptions = {}) {
      requireOpen(listing.signal);
      return reading.list<T>(owner, listing);
    },
    async transact(writes) {
      requireOpen();
      const committing = commit(writes);
      running.add(committing);
      await committing.finally(() => running.delete(committing));
    },
    watch(listener) {
      const stop = watchers.add(listener);
      if (!closed) feed.start();
      return stop;
    },
    async refresh(maxAgeMs = 0) {
      requireOpen();
      if (feed.age() > maxAgeMs) await feed.refresh();
    },
    async close() {
      if (closed) return;
      closed = true;
      feed.stop();
      await Promise.allSettled(running);
      watchers.clear();
      await connection.destroy();
    },
  };
}

/** Makes the client at the first call, and destroys what it made. */
function lazyClient(given: DynamoStoreOptions["client"]): {
  open(): Promise<DynamoDBClient>;
  destroy(): Promise<void>;
} {
  let opened: Promise<DynamoDBClient> | undefined;
  return {
    open() {
      opened ??= "send" in given ? Promise.resolve(given) : openDynamoClient(given);
      return opened;
    },
    async destroy() {
      if (opened !== undefined && !("send" in given)) (await opened).destroy();
    },
  };
}
