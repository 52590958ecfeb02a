import type { ConfigStore, StoreWatchers } from "@pergola/core";
import type { ChangeFeed } from "./change-feed.ts";

/** How changes by other processes are heard of. */
export interface ChangeFollowing extends Pick<ConfigStore, "watch"> {
  /**
   * Tells watchers now of what other processes changed, where the last look is longer ago than `maxAgeMs` (default 0: always). For
   * hosts whose timers stand still between requests. @throws when the table cannot be read
   */
  refresh(maxAgeMs?: number): Promise<void>;
}

/** @param requireOpen throws when the store is closed */
export function followChanges(
  feed: ChangeFeed,
  watchers: StoreWatchers,
  isClosed: () => boolean,
  requireOpen: () => void,
): ChangeFollowing {
  return {
    watch(listener) {
      const stop = watchers.add(listener);
      if (!isClosed()) feed.start();
      return stop;
    },
    async refresh(maxAgeMs = 0) {
      requireOpen();
      if (feed.age() > maxAgeMs) await feed.refresh();
    },
  };
}
