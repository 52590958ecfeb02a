import type { ConfigStore, Write } from "@pergola/core";

/**
 * A store whose transactions go through a function of the test's: it may count them, hold them up, or cut the power before or after
 * `transact` has made them durable.
 */
export function interceptTransactions(
  store: ConfigStore,
  intercept: (writes: readonly Write[], transact: () => Promise<void>) => Promise<void>,
): ConfigStore {
  return {
    get: (key, signal) => store.get(key, signal),
    getMany: (keys, signal) => store.getMany(keys, signal),
    list: (owner, options) => store.list(owner, options),
    transact: (writes) => intercept(writes, () => store.transact(writes)),
    watch: (listener) => store.watch(listener),
    close: () => store.close(),
  };
}
