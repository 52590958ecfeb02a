import { DatabaseSync } from "node:sqlite";
import type { ConfigReader } from "@pergola/control-plane";
import type { ConfigStore, Key, Scope } from "@pergola/core";

/** Everything that a store holds. */
export interface StoreItem extends Key {
  readonly value: unknown;
}

/** @returns the items of a store in SQLite that no process has open, ended ones left out */
export function itemsOfSqlite(file: string): StoreItem[] {
  const db = new DatabaseSync(file);
  try {
    const sql = "SELECT owner, id, value FROM items WHERE expires_at IS NULL OR expires_at > ? ORDER BY owner, id";
    const rows = db.prepare(sql).all(Date.now() / 1000) as { owner: string; id: string; value: string }[];
    return rows.map(({ owner, id, value }) => ({ owner, id, value: JSON.parse(value) as unknown }));
  } finally {
    db.close();
  }
}

/** Finds items by owner. */
export interface ItemIndex extends ConfigReader {
  get<T>(key: Key): T | undefined;
  list<T>(owner: string): readonly T[];
  /** @returns the values of every scope's collection of this name, e.g. `services` */
  collection<T>(name: string): readonly T[];
  readonly owners: readonly string[];
  idsOf(owner: string): readonly string[];
}

/** @param items in any order */
export function indexItems(items: readonly StoreItem[]): ItemIndex {
  const byOwner = new Map<string, Map<string, unknown>>();
  for (const { owner, id, value } of items) {
    const values = byOwner.get(owner) ?? new Map<string, unknown>();
    byOwner.set(owner, values.set(id, value));
  }
  const lists = new Map<string, readonly unknown[]>();
  const collections = new Map<string, string[]>();
  for (const [owner, values] of byOwner) {
    const entries = [...values].sort(([a], [b]) => (a < b ? -1 : 1));
    lists.set(
      owner,
      entries.map(([, value]) => value),
    );
    const name = scopeOf(owner)?.collection;
    if (name !== undefined) collections.set(name, [...(collections.get(name) ?? []), owner]);
  }
  const list = <T>(owner: string): readonly T[] => (lists.get(owner) ?? []) as readonly T[];
  const get = <T>({ owner, id }: Key): T | undefined => byOwner.get(owner)?.get(id) as T | undefined;
  return {
    get,
    list,
    read: async (key) => get(key),
    all: async (owner) => list(owner),
    collection: <T>(name: string) => (collections.get(name) ?? []).flatMap((owner) => list<T>(owner)),
    owners: [...byOwner.keys()],
    idsOf: (owner) => [...(byOwner.get(owner)?.keys() ?? [])],
  };
}

/** @returns account, region and the rest of an owner's name, where it has them */
export function scopeOf(owner: string): (Scope & { readonly collection: string }) | undefined {
  const [, account = "", region = "", collection] = /^(\d{12})\/([^/]+)\/(.+)$/.exec(owner) ?? [];
  return collection === undefined ? undefined : { account, region, collection };
}

/** @returns a store that remembers every key that was written to it, and what it holds at any time */
export function recordKeys(store: ConfigStore): { readonly store: ConfigStore; items(): Promise<StoreItem[]> } {
  const keys = new Map<string, Key>();
  return {
    store: {
      ...store,
      transact: async (writes) => {
        for (const { key } of writes) keys.set(`${key.owner}\n${key.id}`, key);
        await store.transact(writes);
      },
    },
    async items() {
      const items = await Promise.all([...keys.values()].map((key) => store.get(key)));
      return items.flatMap((item) => item ?? []);
    },
  };
}
