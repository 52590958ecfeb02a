import {
  type Clock,
  type ConfigStore,
  type Logger,
  requireWrites,
  storeWatchers,
  systemClock,
  type Write,
} from "@pergola/core";
import { openDatabase } from "./open-database.ts";
import { reads } from "./reads.ts";
import { prepareStatements } from "./statements.ts";
import { transactions } from "./transaction.ts";

export interface SqliteStoreOptions {
  /** Created with its directories where it does not exist. */
  readonly file: string;
  readonly clock?: Clock;
  /** Told of watchers that throw. */
  readonly logger?: Pick<Logger, "error">;
  /** Greatest size of the database in bytes; default 4 GiB. */
  readonly maxBytes?: number;
  /** Whether other processes read the file meanwhile (`openSqliteReader`); the caller sees to it that no other writes. */
  readonly hasReaders?: boolean;
}

/** Bounds how long one transaction holds up the event loop, to some 50 ms: writers that wait at one time share one, and a rollback is one. */
const maxWrites = 5_000;

/**
 * A ConfigStore in one SQLite file, for this process alone. A transaction blocks the event loop for one fsync (0.15 ms
 * measured on an idle SSD, 4 ms on a busy one): fine for configuration, which is read from memory at request time.
 * @throws Error when the file cannot be written, is in use, or is not a Pergola store of this or an earlier version
 */
export function openSqliteStore({
  file,
  clock = systemClock,
  logger,
  maxBytes = 4 * 2 ** 30,
  hasReaders = false,
}: SqliteStoreOptions): ConfigStore {
  const db = openDatabase(file, maxBytes, hasReaders);
  const statements = prepareStatements(db);
  const watchers = storeWatchers(logger);
  const revision = Number(db.prepare("SELECT value FROM meta WHERE name = 'revision'").get()?.value);
  const { commit } = transactions(db, statements, revision, file);
  let closed = false;

  const ready = (signal?: AbortSignal): void => {
    if (closed) throw new Error("the store is closed");
    signal?.throwIfAborted();
  };
  const seconds = (): number => clock.now().getTime() / 1000;

  return {
    maxWrites,
    ...reads(statements, seconds, ready),
    async transact(writes: readonly Write[]): Promise<void> {
      ready();
      commit(writes, requireWrites(writes, maxWrites), seconds());
      watchers.tell(writes);
    },
    watch: watchers.add,
    async close(): Promise<void> {
      if (closed) return;
      closed = true;
      watchers.clear();
      db.close();
    },
  };
}
