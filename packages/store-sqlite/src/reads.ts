import {
  type ConfigStore,
  type Key,
  type ListOptions,
  type Page,
  requireKey,
  requireKeys,
  requireListing,
  type Stored,
} from "@pergola/core";
import type { ReadStatements, Row } from "./statements.ts";

/** Above every id with the prefix: no key holds characters outside the basic plane. */
const highest = "\u{10ffff}";

/**
 * The reading half of a ConfigStore.
 * @param seconds gives the time as epoch seconds, with fractions
 * @param ready throws where there is nothing to read from any more
 */
export function reads(
  statements: ReadStatements,
  seconds: () => number,
  ready: (signal?: AbortSignal) => void,
): Pick<ConfigStore, "get" | "getMany" | "list"> {
  const rowOf = ({ owner, id }: Key): Row | undefined =>
    statements.get.get(owner, id, seconds()) as unknown as Row | undefined;
  const rowsOf = (owner: string, prefix: string, after: string, limit: number): Row[] => {
    const now = seconds();
    if (prefix === "") return statements.list.all(owner, after, now, limit) as unknown as Row[];
    const from = after > prefix ? after : prefix;
    return statements.listPrefix.all(owner, from, after, prefix + highest, now, limit) as unknown as Row[];
  };
  return {
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
  };
}

function storedOf<T>(row: Row | undefined): Stored<T> | undefined {
  if (row === undefined) return undefined;
  const [owner, id, value, revision] = row;
  return { owner, id, value: JSON.parse(value) as T, version: String(revision) };
}
