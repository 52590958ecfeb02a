import type { Logger } from "@pergola/core";
import type { ReadableStore } from "@pergola/data-plane";
import type { LambdaSettings } from "../settings.ts";

/** @returns the store as the router reads it */
export function openConfigReader({ table, region, endpoint }: LambdaSettings, logger: Logger): ReadableStore {
  let opened: Promise<ReadableStore> | undefined;
  const open = async (): Promise<ReadableStore> => {
    const { createDynamoStore } = await import("./dynamo-client.ts");
    return createDynamoStore({ client: { region, ...(endpoint === undefined ? {} : { endpoint }) }, table, logger });
  };
  return {
    async get(key, signal) {
      opened ??= open();
      return (await opened).get(key, signal);
    },
    async list(owner, options) {
      opened ??= open();
      return (await opened).list(owner, options);
    },
  };
}
