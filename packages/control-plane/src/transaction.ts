import {
  type ConfigStore,
  type Expected,
  invalid,
  type Key,
  type ListOptions,
  owners,
  type Page,
  type Scope,
  type Write,
} from "@pergola/core";
import { compileTouched } from "./compile-touched.ts";

/** What a snapshot is compiled from: the store as it will be after the transaction. */
export interface ConfigReader {
  read<T>(key: Key): Promise<T | undefined>;
  all<T>(owner: string): Promise<readonly T[]>;
}

/** The port's bound on one transaction, where the store does not say that it takes more. */
export const maxWrites = 100;

/** An item as it is in the store and as the commit will leave it; undefined where it is not there. */
export interface PendingChange {
  readonly key: Key;
  readonly before: unknown;
  readonly after: unknown;
  /** The item goes away by itself then; epoch seconds. */
  readonly expiresAt?: number;
}

interface Pending {
  readonly key: Key;
  /** undefined: delete. */
  readonly value: unknown;
  readonly expiresAt?: number;
}

/**
 * One request's reads and writes. Everything that an operation read by `get` must still be so when it commits, and all its
 * writes go through together with the snapshots they touch, or none.
 *
 * INVARIANT (no phantoms): whoever writes a child of a service or network calls `touchService` or `touchNetwork`. The snapshot's
 * version is read before the children are listed, and is expected at commit, so two writers below one service cannot both win.
 * Whoever decides by what `all` lists (a free port, a free priority, the last use) awaits `lockService` or `lockNetwork` first:
 * then the version is read before that listing too.
 */
export class Transaction implements ConfigReader {
  readonly store: ConfigStore;
  readonly #seen = new Map<string, { key: Key; expect: Expected; value: unknown }>();
  readonly #pending = new Map<string, Pending>();
  /** What `all` has listed since the last snapshot's version was read. */
  readonly #listed = new Map<string, readonly { id: string; value: unknown }[]>();
  readonly #services = new Map<string, Scope & { id: string }>();
  readonly #networks = new Map<string, Scope & { id: string }>();
  #unfinished = false;
  #progress: unknown;

  constructor(store: ConfigStore) {
    this.store = store;
  }

  /** @returns the item, as this transaction sees it; the commit fails (and is tried again) if it changed since */
  async get<T>(key: Key): Promise<T | undefined> {
    const name = nameOf(key);
    const pending = this.#pending.get(name);
    if (pending !== undefined) return pending.value as T | undefined;
    const seen = this.#seen.get(name);
    if (seen !== undefined) return seen.value as T | undefined;
    const stored = await this.store.get<T>(key);
    if (isSnapshot(key)) this.#listed.clear();
    this.#seen.set(name, { key, expect: stored ? { version: stored.version } : "absent", value: stored?.value });
    return stored?.value;
  }

  /** Like `get`, without making the commit depend on it. */
  async read<T>(key: Key): Promise<T | undefined> {
    const name = nameOf(key);
    const known = this.#pending.get(name) ?? this.#seen.get(name);
    if (known !== undefined) return known.value as T | undefined;
    return (await this.store.get<T>(key))?.value;
  }

  /** @returns all values of an owner in order of id, this transaction's own writes included */
  async all<T>(owner: string): Promise<readonly T[]> {
    const listed = this.#listed.get(owner) ?? (await this.#list(owner));
    this.#listed.set(owner, listed);
    const values = new Map(listed.map(({ id, value }) => [id, value]));
    for (const { key, value } of this.#pending.values()) {
      if (key.owner !== owner) continue;
      if (value === undefined) values.delete(key.id);
      else values.set(key.id, value);
    }
    const ids = [...values.keys()].sort((a, b) => (a < b ? -1 : 1));
    return ids.map((id) => values.get(id) as T);
  }

  async #list(owner: string): Promise<readonly { id: string; value: unknown }[]> {
    const items: { id: string; value: unknown }[] = [];
    for (;;) {
      const page = await this.store.list(owner, { after: items.at(-1)?.id ?? "", limit: 1000 });
      items.push(...page.items);
      if (!page.more || page.items.length === 0) return items;
    }
  }

  /** One page straight from the store, for List operations. */
  page<T>(owner: string, options: ListOptions): Promise<Page<T>> {
    return this.store.list<T>(owner, options);
  }

  /** Writes an item that must not exist yet. @param expiresAt epoch seconds */
  create(key: Key, value: object, expiresAt?: number): void {
    this.#seen.set(nameOf(key), { key, expect: "absent", value: undefined });
    this.#pending.set(nameOf(key), expiresAt === undefined ? { key, value } : { key, value, expiresAt });
  }

  /** Replaces an item; one that `get` has read must not have changed. @param expiresAt epoch seconds */
  put(key: Key, value: object, expiresAt?: number): void {
    this.#pending.set(nameOf(key), expiresAt === undefined ? { key, value } : { key, value, expiresAt });
  }

  delete(key: Key): void {
    this.#pending.set(nameOf(key), { key, value: undefined });
  }

  /** Has the service's snapshot compiled anew at commit (or removed, if the service is gone). */
  touchService(service: Scope & { readonly id: string }): void {
    this.#services.set(service.id, service);
  }

  /** Has the network's snapshot compiled anew at commit (or removed, if the network is gone). */
  touchNetwork(network: Scope & { readonly id: string }): void {
    this.#networks.set(network.id, network);
  }

  /** Like `touchService`, and from here on no other writer below the service can win against this transaction. */
  async lockService(service: Scope & { readonly id: string }): Promise<void> {
    this.touchService(service);
    await this.get({ owner: owners.serviceSnapshots, id: service.id });
  }

  /** Like `touchNetwork`, and from here on no other writer below the network can win against this transaction. */
  async lockNetwork(network: Scope & { readonly id: string }): Promise<void> {
    this.touchNetwork(network);
    await this.get({ owner: owners.networkSnapshots, id: network.id });
  }

  /** The services and networks whose snapshots the commit compiles anew. */
  get touched(): {
    readonly services: readonly (Scope & { readonly id: string })[];
    readonly networks: readonly (Scope & { readonly id: string })[];
  } {
    return { services: [...this.#services.values()], networks: [...this.#networks.values()] };
  }

  /** What the commit will write, and what it will delete with the value that was read. */
  get written(): readonly { readonly key: Key; readonly value: unknown }[] {
    return [...this.#pending].map(([name, { key, value }]) => ({ key, value: value ?? this.#seen.get(name)?.value }));
  }

  /**
   * What the commit will change among the items that `isWanted`; they must still be as they are read here when it commits. Snapshots
   * are compiled later and are not among them.
   */
  async changes(isWanted: (key: Key) => boolean): Promise<readonly PendingChange[]> {
    const wanted = [...this.#pending].filter(([, { key }]) => isWanted(key));
    const unread = wanted.filter(([name]) => !this.#seen.has(name)).map(([, { key }]) => key);
    for (let start = 0; start < unread.length; start += maxWrites) {
      const keys = unread.slice(start, start + maxWrites);
      const stored = await this.store.getMany(keys);
      for (const [index, key] of keys.entries()) {
        const item = stored[index];
        const expect = item === undefined ? "absent" : { version: item.version };
        this.#seen.set(nameOf(key), { key, expect, value: item?.value });
      }
    }
    return wanted.map(([name, { key, value: after, expiresAt }]) => {
      const before = this.#seen.get(name)?.value;
      return { key, before, after, ...(expiresAt === undefined ? {} : { expiresAt }) };
    });
  }

  /** How many items the commit may write or check. */
  get maxWrites(): number {
    return this.store.maxWrites ?? maxWrites;
  }

  /** How many items the commit will write or check, snapshots not counted. */
  get size(): number {
    return new Set([...this.#seen.keys(), ...this.#pending.keys()]).size;
  }

  /**
   * Has the operation run once more after this transaction's commit: for a cascade that does not fit into one transaction.
   * @param progress what the next run finds as `context.progress`
   */
  continueAfterCommit(progress?: unknown): void {
    this.#unfinished = true;
    this.#progress = progress;
  }

  get progress(): unknown {
    return this.#progress;
  }

  get unfinished(): boolean {
    return this.#unfinished;
  }

  /**
   * Writes everything, or nothing.
   * @throws VersionConflict when something that was read has changed
   * @throws LatticeError ValidationException when it is more than one transaction may hold
   */
  async commit(): Promise<void> {
    await compileTouched(this);
    if (this.#pending.size === 0) return;
    const writes = this.#writes();
    if (writes.length > this.maxWrites) {
      throw invalid(
        "other",
        `the request touches ${writes.length} items at once, at most ${this.maxWrites} are possible; change fewer rules or target groups`,
      );
    }
    await this.store.transact(writes);
  }

  #writes(): Write[] {
    const writes: Write[] = [];
    for (const [name, { key, value, expiresAt }] of this.#pending) {
      const expect = this.#seen.get(name)?.expect ?? "any";
      if (value === undefined) writes.push({ kind: "delete", key, expect });
      else writes.push({ kind: "put", key, value, expect, ...(expiresAt === undefined ? {} : { expiresAt }) });
    }
    for (const [name, { key, expect }] of this.#seen) {
      if (!this.#pending.has(name)) writes.push({ kind: "check", key, expect });
    }
    return writes;
  }
}

/** INVARIANT (no phantoms): what was listed before its version was read is listed again. */
function isSnapshot({ owner }: Key): boolean {
  return [owners.serviceSnapshots, owners.networkSnapshots, owners.resourceSnapshots].some((one) => one === owner);
}

function nameOf({ owner, id }: Key): string {
  return `${owner}\n${id}`;
}
