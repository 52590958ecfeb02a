import { createLightDynamoReader } from "@pergola/aws";
import type { Logger } from "@pergola/core";
import type { ReadableStore } from "@pergola/data-plane";
import type { LambdaSettings } from "../settings.ts";

/**
 * The store as the router reads it. Without `watch`: between requests nobody would be there to look for changes, so what is read
 * ages instead.
 */
export function openConfigReader({ table, region, endpoint }: LambdaSettings, logger: Logger): ReadableStore {
  const { get, list } = createLightDynamoReader({
    table,
    region,
    logger,
    ...(endpoint === undefined ? {} : { endpoint }),
  });
  return { get, list };
}
