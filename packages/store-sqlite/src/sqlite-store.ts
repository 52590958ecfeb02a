import {
  type Clock,
  type ConfigStore,
  type Key,
  type ListOptions,
  type Logger,
  type Page,
  requireKey,
  requireKeys,
  requireListing,
  requireWrites,
  type Stored,
  storeWatchers,
  systemClock,
  type Write,
} from "@pergola/core";
import { openDatabase } from "./open-database.ts";
import { prepareStatements, type Row } from "./statements.ts";
import { transactions } from "./transaction.ts";

export interface SqliteStoreOptions {
  /** Created with its directories where it does not exist. */
  readonly file: string;
  readonly clock?: Clock;
  /** Told of watchers that throw. */
  readonly logger?: Pick<Logger, "error">;
  /** Greatest size of the database in bytes; default 4 GiB. */
  readonly maxBytes?: number;
}

/** Bounds how long one transaction holds up the event loop, to some 50 ms: writers that wait at one time share one, and a rollback is one. */
const maxWrites = 5_000;

/** Above every id with the prefix: no key holds characters outside the basic plane. */
const highest = "\u{10ffff}";

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
}: SqliteStoreOptions): ConfigStore {
  const db = openDatabase(file, maxBytes);
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
  const rowOf = ({ owner, id }: Key): Row | undefined =>
    statements.get.get(owner, id, seconds()) as unknown as Row | undefined;
  const rowsOf = (owner: string, prefix: string, after: string, limit: number): Row[] => {
    const now = seconds();
    if (prefix === "") return statements.list.all(owner, after, now, limit) as unknown as Row[];
    const from = after > prefix ? after : prefix;
    return statements.listPrefix.all(owner, from, after, prefix + highest, now, limit) as unknown as Row[];
  };

  return {
    maxWrites,
    async get<T>(key: Key, signal?: AbortSignal): Promise<Stored<T> | undefined> {
      ready(signal);
      requireKey(key);
      return storedOf<T>(rowOf(key));
    },
    async getMany<T>(keys: readonly Key[], signal?: AbortSignal): Promise<readonly (Stored<T> | undefined)[]> {
      ready(signal);
      requireKeys(keys);
      return keys.map((key) => storedOf<T>(rowOf(key)));
    },
    async list<T>(owner: string, options: ListOptions = {}): Promise<Page<T>> {
      ready(options.signal);
      const { prefix, after, limit } = requireListing(owner, options);
      const rows = rowsOf(owner, prefix, after, limit + 1);
      return { items: rows.slice(0, limit).map((row) => storedOf<T>(row) as Stored<T>), more: rows.length > limit };
    },
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

function storedOf<T>(row: Row | undefined): Stored<T> | undefined {
  if (row === undefined) return undefined;
  const [owner, id, value, revision] = row;
  return { owner, id, value: JSON.parse(value) as T, version: String(revision) };
}
