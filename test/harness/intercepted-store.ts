import type { ConfigStore, Write } from "@pergola/core";

/**
 * A store whose transactions go through a function of the test's: it may count them, hold them up, or cut the power before or after
 * `transact` has made them durable.
 * @param pause what every read waits for
 */
export function interceptTransactions(
  store: ConfigStore,
  intercept: (writes: readonly Write[], transact: () => Promise<void>) => Promise<void>,
  pause: () => Promise<unknown> = async () => undefined,
): ConfigStore {
  return {
    get: (key, signal) => pause().then(() => store.get(key, signal)),
    getMany: (keys, signal) => pause().then(() => store.getMany(keys, signal)),
    list: (owner, options) => pause().then(() => store.list(owner, options)),
    transact: (writes) => intercept(writes, () => store.transact(writes)),
    watch: (listener) => store.watch(listener),
    close: () => store.close(),
  };
}
