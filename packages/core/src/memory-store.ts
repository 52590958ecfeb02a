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
import type { Clock } from "./ports.ts";
import { systemClock } from "./system-ports.ts";

interface Entry {
  /** JSON text: every read parses its own copy, so no caller can change what is stored. */
  readonly json: string;
  readonly version: string;
  readonly expiresAt?: number;
}

/** A ConfigStore in memory, for tests and for throw-away runs. Keeps every promise of the port but durability. */
export function openMemoryStore(clock: Clock = systemClock): ConfigStore {
  const owners = new Map<string, Map<string, Entry>>();
  const watchers = new Set<(keys: readonly Key[]) => void>();
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
  const apply = (write: Write): void => {
    const { owner, id } = write.key;
    if (write.kind === "delete") {
      owners.get(owner)?.delete(id);
      if (owners.get(owner)?.size === 0) owners.delete(owner);
    }
    if (write.kind !== "put") return;
    const entry = { json: JSON.stringify(write.value), version: String(revision) };
    const items = owners.get(owner) ?? new Map<string, Entry>();
    items.set(id, write.expiresAt === undefined ? entry : { ...entry, expiresAt: write.expiresAt });
    owners.set(owner, items);
  };
  const open = (): void => {
    if (closed) throw new Error("the store is closed");
  };

  return {
    async get<T>(key: Key): Promise<Stored<T> | undefined> {
      open();
      return read<T>(key);
    },
    async getMany<T>(keys: readonly Key[]): Promise<readonly (Stored<T> | undefined)[]> {
      open();
      return keys.map((key) => read<T>(key));
    },
    async list<T>(owner: string, { prefix = "", after = "", limit = 100 }: ListOptions = {}): Promise<Page<T>> {
      open();
      const ids = [...(owners.get(owner)?.keys() ?? [])]
        .filter((id) => id.startsWith(prefix) && id > after && live({ owner, id }) !== undefined)
        .sort((a, b) => (a < b ? -1 : 1));
      const items = ids.slice(0, limit).map((id) => read<T>({ owner, id }) as Stored<T>);
      return { items, more: ids.length > limit };
    },
    async transact(writes: readonly Write[]): Promise<void> {
      open();
      const failed = writes.filter((write) => !holds(write.key, write.expect)).map((write) => write.key);
      if (failed.length > 0) throw new VersionConflict(failed);
      revision += 1;
      for (const write of writes) apply(write);
      const changed = writes.filter((write) => write.kind !== "check").map((write) => write.key);
      for (const watcher of watchers) watcher(changed);
    },
    watch(listener: (keys: readonly Key[]) => void): () => void {
      watchers.add(listener);
      return () => watchers.delete(listener);
    },
    async close(): Promise<void> {
      closed = true;
    },
  };
}
