import { type Clock, type ConfigStore, type Key, type Logger, storeWatchers, systemClock } from "@pergola/core";
import { openForReading } from "./open-database.ts";
import { reads } from "./reads.ts";
import { prepareReads } from "./statements.ts";

/** A store of another process, for reading. */
export interface SqliteReader extends ConfigStore {
  /** Tells the watchers of keys that the other process has changed. */
  tell(keys: readonly Key[]): void;
}

interface SqliteReaderOptions {
  readonly file: string;
  readonly clock?: Clock;
  /** Told of watchers that throw. */
  readonly logger?: Pick<Logger, "error">;
}

/**
 * Opens a store for reading that another process has opened with `hasReaders`. A read that begins after a transaction of that
 * process sees it.
 * @throws Error when there is no such store
 */
export function openSqliteReader({ file, clock = systemClock, logger }: SqliteReaderOptions): SqliteReader {
  const db = openForReading(file);
  const watchers = storeWatchers(logger);
  let closed = false;
  const ready = (signal?: AbortSignal): void => {
    if (closed) throw new Error("the store is closed");
    signal?.throwIfAborted();
  };
  return {
    ...reads(prepareReads(db), () => clock.now().getTime() / 1000, ready),
    transact: () => Promise.reject(new Error("this process only reads the store")),
    watch: watchers.add,
    tell: watchers.tellKeys,
    async close() {
      if (closed) return;
      closed = true;
      watchers.clear();
      db.close();
    },
  };
}
