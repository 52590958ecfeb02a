import { type Clock, type ConfigStore, type Logger, storeWatchers, systemClock } from "@pergola/core";
import { changeFeed } from "./change-feed.ts";
import { type ChangeFollowing, followChanges } from "./follow-changes.ts";
import { itemReads } from "./item-reads.ts";
import { lightCalls } from "./light-calls.ts";
import type { SigningCredentials } from "./sign-request.ts";
import { storeReads } from "./store-reads.ts";
import { tellKeys } from "./tell-keys.ts";

export interface LightReaderOptions {
  readonly table: string;
  /** Default: `AWS_REGION`, as Lambda sets it. */
  readonly region?: string;
  /** Base URL of a server that speaks DynamoDB's API; absent for AWS itself. */
  readonly endpoint?: string;
  /** Asked at every request. Default: `AWS_ACCESS_KEY_ID` and the like, as Lambda sets them. */
  readonly credentials?: () => SigningCredentials;
  readonly clock?: Clock;
  readonly logger: Logger;
  /** How often changes are looked for while anyone watches, in milliseconds; default 1,000. */
  readonly cacheTtlMs?: number;
  /** How long one call may go on trying, in milliseconds; default 3,000. */
  readonly deadlineMs?: number;
  /** How long one request of it may take, in milliseconds; default 1,000. */
  readonly attemptMs?: number;
}

/** The ConfigStore without its writes. */
export type LightReader = Omit<ConfigStore, "transact"> & ChangeFollowing;

/**
 * Reads the store's table without AWS's SDK: for a router whose start is on a request's path. Held to the same contract as the
 * store's own reads.
 * @throws Error when there is no region, or the endpoint is no URL
 */
export function createLightDynamoReader(options: LightReaderOptions): LightReader {
  const { table, region = process.env.AWS_REGION, endpoint, credentials = environmentCredentials } = options;
  const { clock = systemClock, logger, cacheTtlMs = 1000, deadlineMs = 3_000, attemptMs = 1_000 } = options;
  if (region === undefined || region === "") throw new Error("region: give one, or set AWS_REGION");
  const calls = lightCalls({ region, endpoint: new URL(endpoint ?? awsEndpoint(region)), credentials, clock });
  const reads = itemReads(calls, table, clock, { deadlineMs, attemptMs });
  const watchers = storeWatchers(logger);
  // What matters for how far back it looks is the writers' deadline, not this reader's.
  const feed = changeFeed(
    { reads, clock, logger, tell: tellKeys(watchers) },
    { deadlineMs: writersDeadlineMs, pollMs: cacheTtlMs },
  );
  let closed = false;
  const requireOpen = (signal?: AbortSignal): void => {
    if (closed) throw new Error("the store is closed");
    signal?.throwIfAborted();
  };
  return {
    ...storeReads(reads, clock, requireOpen),
    ...followChanges(feed, watchers, () => closed, requireOpen),
    async close() {
      closed = true;
      feed.stop();
      watchers.clear();
      calls.close();
    },
  };
}

/** Default of `createDynamoStore`. */
const writersDeadlineMs = 15_000;

function awsEndpoint(region: string): string {
  const domain = region.startsWith("cn-") ? "amazonaws.com.cn" : "amazonaws.com";
  return `https://dynamodb.${region}.${domain}`;
}

/** @throws Error when the environment holds none */
function environmentCredentials(): SigningCredentials {
  const { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN } = process.env;
  if (!AWS_ACCESS_KEY_ID || !AWS_SECRET_ACCESS_KEY) {
    throw new Error("credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY");
  }
  const pair = { accessKeyId: AWS_ACCESS_KEY_ID, secretAccessKey: AWS_SECRET_ACCESS_KEY };
  return AWS_SESSION_TOKEN ? { ...pair, sessionToken: AWS_SESSION_TOKEN } : pair;
}
