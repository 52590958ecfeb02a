import {
  type ConfigStore,
  type Expected,
  type Key,
  type ListOptions,
  type Page,
  type Stored,
  VersionConflict,
  type Write,
} from "./config-store.ts";
import type { Clock, Logger } from "./ports.ts";
import { requireKey, requireKeys, requireListing, requireWrites } from "./store-limits.ts";
import { storeWatchers } from "./store-watchers.ts";
import { systemClock } from "./system-ports.ts";

interface Entry {
  /** JSON text: every read parses its own copy, so no caller can change what is stored. */
  readonly json: string;
  readonly version: string;
  readonly expiresAt?: number;
}

/** A ConfigStore in memory, for tests and for throw-away runs. Keeps every promise of the port but durability. */
export function openMemoryStore(clock: Clock = systemClock, logger?: Pick<Logger, "error">): ConfigStore {
  const owners = new Map<string, Map<string, Entry>>();
  const watchers = storeWatchers(logger);
  let revision = 0;
  let closed = false;

  const live = ({ owner, id }: Key): Entry | undefined => {
    const entry = owners.get(owner)?.get(id);
    return entry?.expiresAt !== undefined && entry.expiresAt * 1000 <= clock.now().getTime() ? undefined : entry;
  };
  const read = <T>(key: Key): Stored<T> | undefined => {
    const entry = live(key);
    return entry && { owner: key.owner, id: key.id, value: JSON.parse(entry.json) as T, version: entry.version };
  };
  const holds = (key: Key, expect: Expected): boolean => {
    if (expect === "any") return true;
    const entry = live(key);
    return expect === "absent" ? entry === undefined : entry?.version === expect.version;
  };
  const apply = (write: Write, json: string): void => {
    const { owner, id } = write.key;
    if (write.kind === "delete") {
      owners.get(owner)?.delete(id);
      if (owners.get(owner)?.size === 0) owners.delete(owner);
    }
    if (write.kind !== "put") return;
    const entry = { json, version: String(revision) };
    const items = owners.get(owner) ?? new Map<string, Entry>();
    items.set(id, write.expiresAt === undefined ? entry : { ...entry, expiresAt: write.expiresAt });
    owners.set(owner, items);
  };
  const ready = (signal?: AbortSignal): void => {
    if (closed) throw new Error("the store is closed");
    signal?.throwIfAborted();
  };

  return {
    async get<T>(key: Key, signal?: AbortSignal): Promise<Stored<T> | undefined> {
      ready(signal);
      requireKey(key);
      return read<T>(key);
    },
    async getMany<T>(keys: readonly Key[], signal?: AbortSignal): Promise<readonly (Stored<T> | undefined)[]> {
      ready(signal);
      requireKeys(keys);
      return keys.map((key) => read<T>(key));
    },
    async list<T>(owner: string, options: ListOptions = {}): Promise<Page<T>> {
      ready(options.signal);
      const { prefix, after, limit } = requireListing(owner, options);
      const ids = [...(owners.get(owner)?.keys() ?? [])]
        .filter((id) => id.startsWith(prefix) && id > after && live({ owner, id }) !== undefined)
        .sort((a, b) => (a < b ? -1 : 1));
      const items = ids.slice(0, limit).map((id) => read<T>({ owner, id }) as Stored<T>);
      return { items, more: ids.length > limit };
    },
    async transact(writes: readonly Write[]): Promise<void> {
      ready();
      const json = requireWrites(writes);
      const failed = writes.filter((write) => !holds(write.key, write.expect)).map((write) => write.key);
      if (failed.length > 0) throw new VersionConflict(failed);
      revision += 1;
      for (const [index, write] of writes.entries()) apply(write, json[index] as string);
      watchers.tell(writes);
    },
    watch: watchers.add,
    async close(): Promise<void> {
      closed = true;
      watchers.clear();
      owners.clear();
    },
  };
}
