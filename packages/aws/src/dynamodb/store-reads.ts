import {
  type Clock,
  type ConfigStore,
  type Key,
  type ListOptions,
  type Page,
  requireKey,
  requireKeys,
  requireListing,
  type Stored,
} from "@pergola/core";
import { type Attributes, bytesOf, type ItemKey, itemKey, textOf } from "./attributes.ts";
import { type ItemReads, isOver } from "./item-reads.ts";
import { requireIdBytes, requireKeyBytes, requireOwnerBytes } from "./key-bytes.ts";
import { partKeys } from "./part-keys.ts";
import { decodeValue, partCount } from "./value-codec.ts";

/** The read half of the port. */
export type StoreReads = Pick<ConfigStore, "get" | "getMany" | "list">;

/**
 * @param ready throws when the store is closed or the caller has given up
 * @returns the read half of a ConfigStore, the same on every client
 */
export function storeReads(reads: ItemReads, clock: Clock, ready: (signal?: AbortSignal) => void): StoreReads {
  const live = (item: Attributes | undefined): Attributes | undefined =>
    item === undefined || isOver(item, clock) ? undefined : item;

  return {
    async get<T>(key: Key, signal?: AbortSignal): Promise<Stored<T> | undefined> {
      ready(signal);
      requireKey(key);
      requireKeyBytes(key);
      const at = itemKey(key.owner, key.id);
      const item = live(await reads.get(at, signal));
      if (item === undefined) return undefined;
      const stored = await storedOf<T>(reads, item, signal);
      if (stored !== undefined) return stored;
      // The value was replaced an hour ago or more, between the two reads: a process that was frozen meanwhile.
      const again = live(await reads.get(at, signal));
      return again && (await wholeOf<T>(reads, again, signal));
    },
    async getMany<T>(keys: readonly Key[], signal?: AbortSignal): Promise<readonly (Stored<T> | undefined)[]> {
      ready(signal);
      requireKeys(keys);
      for (const key of keys) requireKeyBytes(key);
      const distinct = new Map(keys.map(({ owner, id }) => [addressOf(owner, id), itemKey(owner, id)]));
      const found = new Map<string, Stored<T>>();
      for (const item of await reads.getMany([...distinct.values()], signal)) {
        if (live(item))
          found.set(addressOf(textOf(item, "pk"), textOf(item, "sk")), await wholeOf<T>(reads, item, signal));
      }
      return keys.map(({ owner, id }) => found.get(addressOf(owner, id)));
    },
    async list<T>(owner: string, options: ListOptions = {}): Promise<Page<T>> {
      ready(options.signal);
      const { prefix, after, limit } = requireListing(owner, options);
      requireOwnerBytes(owner);
      requireIdBytes("prefix", prefix);
      requireIdBytes("after", after);
      const { items, more } = await reads.list({ partition: owner, prefix, after, limit }, options.signal);
      const stored: Stored<T>[] = [];
      for (const item of items) stored.push(await wholeOf<T>(reads, item, options.signal));
      return { items: stored, more };
    },
  };
}

function addressOf(owner: string, id: string): string {
  return `${owner}\0${id}`;
}

/** @throws Error when parts of the value are gone */
async function wholeOf<T>(reads: ItemReads, item: Attributes, signal: AbortSignal | undefined): Promise<Stored<T>> {
  const stored = await storedOf<T>(reads, item, signal);
  if (stored === undefined)
    throw new Error(`item \`${textOf(item, "pk")} ${textOf(item, "sk")}\`: parts of its value are gone`);
  return stored;
}

/** @returns undefined when parts of the value are gone */
async function storedOf<T>(
  reads: ItemReads,
  item: Attributes,
  signal: AbortSignal | undefined,
): Promise<Stored<T> | undefined> {
  const version = textOf(item, "version");
  const parts = partCount(item) === 0 ? [] : await readParts(reads, partKeys(version), signal);
  if (parts === undefined) return undefined;
  return { owner: textOf(item, "pk"), id: textOf(item, "sk"), value: await decodeValue<T>(item, parts), version };
}

async function readParts(
  reads: ItemReads,
  keys: readonly ItemKey[],
  signal: AbortSignal | undefined,
): Promise<Uint8Array[] | undefined> {
  const items = new Map((await reads.getMany(keys, signal)).map((item) => [textOf(item, "sk"), item]));
  const parts: Uint8Array[] = [];
  for (const { sk } of keys) {
    const bytes = bytesOf(items.get(sk.S) ?? {}, "part");
    if (bytes === undefined) return undefined;
    parts.push(bytes);
  }
  return parts;
}
