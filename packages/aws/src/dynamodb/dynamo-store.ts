import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import {
  type Clock,
  type ConfigStore,
  type Logger,
  requireWrites,
  type StoreWatchers,
  storeWatchers,
  systemClock,
  type Write,
} from "@pergola/core";
import type { AwsConnection } from "../aws-connection.ts";
import { type ChangeFeed, changeFeed } from "./change-feed.ts";
import { type CommitPorts, commitTransaction } from "./commit-transaction.ts";
import { dynamoClient } from "./dynamo-client.ts";
import { type ChangeFollowing, followChanges } from "./follow-changes.ts";
import { itemReads, secondsOf } from "./item-reads.ts";
import { requireKeyBytes } from "./key-bytes.ts";
import { sdkCalls } from "./sdk-calls.ts";
import { storeReads } from "./store-reads.ts";
import { tellKeys } from "./tell-keys.ts";
import { newTransactionId } from "./transaction-id.ts";

export interface DynamoStoreOptions {
  /** Either a client, which stays the caller's to destroy, or how to make one. */
  readonly client: DynamoDBClient | AwsConnection;
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

export type DynamoStore = ConfigStore & ChangeFollowing;

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
  const connection = dynamoClient(client);
  const calls = sdkCalls(connection.get);
  const reads = itemReads(calls, table, clock, limits);
  const watchers = storeWatchers(logger);
  const feed = changeFeed({ reads, clock, logger, tell: tellKeys(watchers) }, { deadlineMs, pollMs: cacheTtlMs });
  const running = new Set<Promise<void>>();
  let closed = false;
  const requireOpen = (signal?: AbortSignal): void => {
    if (closed) throw new Error("the store is closed");
    signal?.throwIfAborted();
  };
  const commit = committing({ calls, reads, table, limits, logger }, clock, feed, watchers);

  return {
    ...storeReads(reads, clock, requireOpen),
    ...followChanges(feed, watchers, () => closed, requireOpen),
    async transact(writes) {
      requireOpen();
      const one = commit(writes);
      running.add(one);
      await one.finally(() => running.delete(one));
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

/** @returns how this process writes: its own watchers are told before the promise resolves */
function committing(ports: CommitPorts, clock: Clock, feed: ChangeFeed, watchers: StoreWatchers) {
  return async (writes: readonly Write[]): Promise<void> => {
    const texts = requireWrites(writes);
    for (const { key } of writes) requireKeyBytes(key);
    const transactionId = newTransactionId(clock.now());
    feed.own(transactionId);
    try {
      await commitTransaction(ports, transactionId, writes, texts, secondsOf(clock));
    } catch (error) {
      feed.disown(transactionId);
      throw error;
    }
    watchers.tell(writes);
  };
}
