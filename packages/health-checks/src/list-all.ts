import type { ConfigStore, Stored } from "@pergola/core";

/** @returns every item of an owner, page by page */
export async function listAll<T>(store: ConfigStore, owner: string): Promise<Stored<T>[]> {
  const items: Stored<T>[] = [];
  for (;;) {
    const after = items.at(-1)?.id ?? "";
    const page = await store.list<T>(owner, { after, limit: 1000 });
    items.push(...page.items);
    if (!page.more) return items;
  }
}
