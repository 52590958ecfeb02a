/**
 * The port to the configuration store. Small on purpose: single-table DynamoDB, SQLite and memory can all keep its promises,
 * which `test/contracts/config-store.ts` states as one suite.
 */

/** Address of an item: `owner` groups items that are listed together, `id` orders them within. Both 1–1,024 characters. */
export interface Key {
  readonly owner: string;
  readonly id: string;
}

/** An item as read. */
export interface Stored<T = unknown> extends Key {
  readonly value: T;
  /** Opaque. INVARIANT (no ABA): a key never gets the same version twice, not even after deletion. */
  readonly version: string;
}

/**
 * What has to be true of an item for a write to go through: it must not exist (`absent`), be at exactly this version, or
 * (`any`) be whatever it is.
 */
export type Expected = "absent" | "any" | { readonly version: string };

export type Write =
  | {
      readonly kind: "put";
      readonly key: Key;
      readonly value: unknown;
      readonly expect: Expected;
      readonly expiresAt?: number;
    }
  | { readonly kind: "delete"; readonly key: Key; readonly expect: Expected }
  /** Writes nothing; only the expectation counts. */
  | { readonly kind: "check"; readonly key: Key; readonly expect: Expected };

export interface ListOptions {
  /** Only ids that begin with this. */
  readonly prefix?: string;
  /** Only ids after this one, in code-unit order. */
  readonly after?: string;
  /** 1–1,000; default 100. */
  readonly limit?: number;
  readonly signal?: AbortSignal;
}

export interface Page<T = unknown> {
  readonly items: readonly Stored<T>[];
  /** True when there are more items after the last. */
  readonly more: boolean;
}

/** A transaction was refused because these keys were not as expected; nothing was written. */
export class VersionConflict extends Error {
  override readonly name = "VersionConflict";
  readonly keys: readonly Key[];

  constructor(keys: readonly Key[]) {
    super(`not as expected: ${keys.map((key) => `${key.owner} ${key.id}`).join(", ")}`);
    this.keys = keys;
  }
}

/** A transaction could not be made durable, e.g. on a full disk: nothing was written, and what is stored can be read as before. */
export class StoreWriteError extends Error {
  override readonly name = "StoreWriteError";
}

export interface ConfigStore {
  /** How many writes one transaction may hold, where that is more than the 100 that every store takes. */
  readonly maxWrites?: number;
  /** @returns the item, or undefined when there is none or its time to live is over */
  get<T = unknown>(key: Key, signal?: AbortSignal): Promise<Stored<T> | undefined>;
  /** @returns the items in the order of `keys`, with undefined where there is none; at most 100 keys */
  getMany<T = unknown>(keys: readonly Key[], signal?: AbortSignal): Promise<readonly (Stored<T> | undefined)[]>;
  /** @returns one page of an owner's items in ascending order of id */
  list<T = unknown>(owner: string, options?: ListOptions): Promise<Page<T>>;
  /**
   * All or nothing, durable when the promise resolves. At most 100 writes (or `maxWrites`), one for each key. `expiresAt` is in epoch seconds.
   * Values are JSON: what is read back is a copy.
   * @throws VersionConflict when an expectation does not hold, StoreWriteError when a local disk refuses
   */
  transact(writes: readonly Write[]): Promise<void>;
  /**
   * Tells of changed keys after a transaction is durable, and before its promise resolves where the writer is this process:
   * so a change is in force once the API has answered.
   * @returns a function that stops the watching
   */
  watch(listener: (keys: readonly Key[]) => void): () => void;
  /** Waits for running transactions and frees everything. Calls after it reject. */
  close(): Promise<void>;
}
