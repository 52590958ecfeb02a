import type { ConfigReader } from "@pergola/control-plane";
import type { ConfigStore, Key, Stored } from "@pergola/core";

/** @returns every item of an owner, page by page */
export async function itemsOf<T>(store: ConfigStore, owner: string): Promise<Stored<T>[]> {
  const items: Stored<T>[] = [];
  for (;;) {
    const page = await store.list<T>(owner, { after: items.at(-1)?.id ?? "", limit: 1000 });
    items.push(...page.items);
    if (!page.more) return items;
  }
}

/** What snapshots are compiled from: the store as it is. */
export function storeReader(store: ConfigStore): ConfigReader {
  return {
    read: async <T>(key: Key) => (await store.get<T>(key))?.value,
    all: async <T>(owner: string) => (await itemsOf<T>(store, owner)).map(({ value }) => value),
  };
}
