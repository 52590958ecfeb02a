import {
  type ConfigStore,
  type Expected,
  type Key,
  type ListOptions,
  type Page,
  type Stored,
  VersionConflict,
  type Write,
} from "@pergola/core";

/** More writes than one transaction of the store holds are staged with this one: flush, and come again. */
export class StageFull extends Error {
  override readonly name = "StageFull";
}

/**
 * A view of a store in which transactions take effect at once, and become durable together, as one transaction of the store:
 * several writers share the cost of one. Only the writers of one queue may look at it: to everyone else, what is staged has not
 * happened yet, and it never happens if the flush fails.
 */
export interface StagedStore {
  /** Its `transact` stages; a conflict with what is staged is told at once, one with the store at the flush. */
  readonly view: ConfigStore;
  /**
   * Makes everything staged durable, or nothing; then nothing is staged any more.
   * @throws VersionConflict when the store is not as the staged transactions found it
   */
  flush(): Promise<void>;
}

interface Staged {
  readonly key: Key;
  /** Of the store, as the first of the transactions found it. */
  readonly expect: Expected;
  /** undefined: only checked so far. */
  readonly write?: Extract<Write, { kind: "put" | "delete" }>;
  readonly version: string;
}

/** @param maxWrites how many writes one transaction of the store holds */
export function stagedStore(store: ConfigStore, maxWrites: number): StagedStore {
  const owners = new Map<string, Map<string, Staged>>();
  let size = 0;
  let versions = 0;

  const find = ({ owner, id }: Key): Staged | undefined => owners.get(owner)?.get(id);
  const set = (staged: Staged): void => {
    const { owner, id } = staged.key;
    const items = owners.get(owner) ?? new Map<string, Staged>();
    if (!items.has(id)) size += 1;
    owners.set(owner, items.set(id, staged));
  };
  const stage = (write: Write, known: Staged | undefined): void => {
    versions += 1;
    const expect =
      known === undefined || (known.write === undefined && known.expect === "any") ? write.expect : known.expect;
    const base = { key: write.key, expect, version: `staged-${versions}` };
    if (write.kind !== "check") set({ ...base, write });
    else if (known === undefined) set(base);
  };

  const view: ConfigStore = {
    maxWrites,
    async get<T>(key: Key, signal?: AbortSignal): Promise<Stored<T> | undefined> {
      const staged = find(key);
      return staged?.write === undefined ? await store.get<T>(key, signal) : read<T>(staged);
    },
    async getMany<T>(keys: readonly Key[], signal?: AbortSignal): Promise<readonly (Stored<T> | undefined)[]> {
      const stored = await store.getMany<T>(keys, signal);
      return stored.map((item, index) => {
        const staged = find(keys[index] as Key);
        return staged?.write === undefined ? item : read<T>(staged);
      });
    },
    async list<T>(owner: string, options: ListOptions = {}): Promise<Page<T>> {
      const staged = [...(owners.get(owner)?.values() ?? [])].filter(({ write }) => write !== undefined);
      return staged.length === 0 ? await store.list<T>(owner, options) : await listWith(store, owner, options, staged);
    },
    async transact(writes: readonly Write[]): Promise<void> {
      const known = writes.map(({ key }) => find(key));
      const failed = writes.filter((write, index) => !holds(write.expect, known[index])).map(({ key }) => key);
      if (failed.length > 0) throw new VersionConflict(failed);
      const more = known.filter((staged) => staged === undefined).length;
      if (size > 0 && size + more > maxWrites) throw new StageFull();
      for (const [index, write] of writes.entries()) stage(write, known[index]);
    },
    watch: (listener) => store.watch(listener),
    close: () => store.close(),
  };
  return {
    view,
    async flush() {
      const writes = [...owners.values()].flatMap((items) => [...items.values()].map(toWrite));
      owners.clear();
      size = 0;
      if (writes.some(({ kind }) => kind !== "check")) await store.transact(writes);
    },
  };
}

function toWrite({ key, expect, write }: Staged): Write {
  return write === undefined ? { kind: "check", key, expect } : { ...write, expect };
}

/** What is only checked so far is as in the store, which the flush asks. */
function holds(expect: Expected, staged: Staged | undefined): boolean {
  if (staged?.write === undefined || expect === "any") return true;
  const isThere = staged.write.kind === "put";
  return expect === "absent" ? !isThere : isThere && expect.version === staged.version;
}

/** A copy, as stores give. */
function read<T>({ key, write, version }: Staged): Stored<T> | undefined {
  if (write?.kind !== "put") return undefined;
  return { owner: key.owner, id: key.id, value: JSON.parse(JSON.stringify(write.value)) as T, version };
}

async function listWith<T>(
  store: ConfigStore,
  owner: string,
  options: ListOptions,
  staged: readonly Staged[],
): Promise<Page<T>> {
  const { prefix = "", after = "", limit = 100 } = options;
  const own = new Map(staged.map((one) => [one.key.id, one]));
  const wanted = staged.filter(({ key: { id } }) => id.startsWith(prefix) && id > after);
  const stored: Stored<T>[] = [];
  let more = true;
  for (let from = after; more && stored.length <= limit; ) {
    const page = await store.list<T>(owner, { ...options, after: from, limit: Math.min(1000, limit + 1) });
    stored.push(...page.items.filter(({ id }) => !own.has(id)));
    from = page.items.at(-1)?.id ?? from;
    more = page.more;
  }
  const last = more ? stored.at(-1)?.id : undefined;
  const fresh = wanted
    .filter(({ key: { id } }) => last === undefined || id < last)
    .flatMap((one) => read<T>(one) ?? []);
  const items = [...stored, ...fresh].sort((a, b) => (a.id < b.id ? -1 : 1));
  return { items: items.slice(0, limit), more: more || items.length > limit };
}
