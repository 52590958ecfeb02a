import { type Logger, type NetworkSnapshot, owners, type ResourceSnapshot } from "@pergola/core";
import { type CompiledNetwork, compileNetwork } from "../configuration/compile-network.ts";
import { ReadCache } from "../configuration/read-cache.ts";
import type { Metrics } from "../metrics.ts";
import type { ReadableStore } from "../ports.ts";

/** What connections to resources are decided by, in memory, in step with the store. */
export interface ResourceConfigurations {
  readonly resources: ReadCache<ResourceSnapshot>;
  readonly networks: ReadCache<CompiledNetwork>;
  close(): void;
}

// Above the quota for resource configurations of several accounts in one region.
const maxEntries = 20_000;

/** Opens the in-memory configuration and follows the store's changes until it is closed. */
export function openResourceConfigurations(
  store: ReadableStore,
  logger: Logger,
  metrics: Metrics,
  { storeRetryDelay, storeTimeout }: { readonly storeRetryDelay: number; readonly storeTimeout: number },
): ResourceConfigurations {
  const bounds = { maxEntries, retryDelay: storeRetryDelay, metrics, logger };
  const read = async <T>(owner: string, id: string): Promise<T | undefined> =>
    (await store.get<T>({ owner, id }, AbortSignal.timeout(storeTimeout)))?.value;
  const resources = new ReadCache((id) => read<ResourceSnapshot>(owners.resourceSnapshots, id), bounds);
  const networks = new ReadCache(async (id) => {
    const snapshot = await read<NetworkSnapshot>(owners.networkSnapshots, id);
    return snapshot && compileNetwork(snapshot, logger);
  }, bounds);
  const unwatch = store.watch?.((keys) => {
    for (const { owner, id } of keys) {
      if (owner === owners.resourceSnapshots) resources.invalidate(id);
      else if (owner === owners.networkSnapshots) networks.invalidate(id);
    }
  });
  return { resources, networks, close: () => unwatch?.() };
}
