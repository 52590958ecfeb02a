import type { Key, Write } from "./config-store.ts";
import type { Logger } from "./ports.ts";

type Watcher = (keys: readonly Key[]) => void;

/** The watchers of one store. */
export interface StoreWatchers {
  /** @returns a function that stops the watching */
  add(watcher: Watcher): () => void;
  /** Tells everyone of the keys that a durable transaction changed. A watcher that throws cannot make it look failed. */
  tell(writes: readonly Write[]): void;
  /** The same, of keys that another process has changed. */
  tellKeys(keys: readonly Key[]): void;
  clear(): void;
}

/** @returns an empty set of watchers; what a watcher throws goes to `logger`, or to the console without one */
export function storeWatchers(logger?: Pick<Logger, "error">): StoreWatchers {
  const watchers = new Set<Watcher>();
  const report = (cause: unknown): void => {
    if (logger === undefined) console.error("a watcher of the configuration store failed", cause);
    else logger.error("a watcher of the configuration store failed", { cause });
  };
  const tellKeys = (changed: readonly Key[]): void => {
    if (changed.length === 0) return;
    for (const watcher of [...watchers]) {
      try {
        watcher(changed);
      } catch (cause) {
        report(cause);
      }
    }
  };
  return {
    add(watcher) {
      // A wrapper of its own: the same function may watch twice, and stopping one does not stop the other.
      const own: Watcher = (keys) => watcher(keys);
      watchers.add(own);
      return () => void watchers.delete(own);
    },
    tell(writes) {
      tellKeys(writes.filter((write) => write.kind !== "check").map(({ key: { owner, id } }) => ({ owner, id })));
    },
    tellKeys,
    clear: () => watchers.clear(),
  };
}
