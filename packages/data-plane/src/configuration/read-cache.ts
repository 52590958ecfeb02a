import type { Logger } from "@pergola/core";
import type { Metrics } from "../metrics.ts";

interface Entry<T> {
  readonly value: T;
  /** An invalidated value stays as the last good one, for when the store cannot be read. */
  stale: boolean;
  /** Milliseconds of the monotonic clock: not before then is the store asked again about a stale value. */
  retryAt: number;
}

export interface CacheSettings {
  readonly maxEntries: number;
  /** Milliseconds for which a stale value is used after a failed load. */
  readonly retryDelay: number;
  readonly metrics: Metrics;
  readonly logger: Logger;
}

/**
 * Compiled configuration in memory. Loads on first use, once for all who wait; drops on invalidation.
 *
 * INVARIANT (in force at once): a load that began before an invalidation is neither cached nor joined after it, so whoever asks
 * after a change was announced sees the change.
 */
export class ReadCache<T> {
  readonly #entries = new Map<string, Entry<T>>();
  readonly #loads = new Map<string, Promise<T | undefined>>();
  readonly #load: (id: string, previous: T | undefined) => Promise<T | undefined>;
  readonly #maxEntries: number;
  readonly #retryDelay: number;
  readonly #metrics: Metrics;
  readonly #logger: Logger;

  /**
   * @param load reads and compiles; undefined when there is no such thing, which is not remembered: names that strangers send
   * must not fill memory
   */
  constructor(
    load: (id: string, previous: T | undefined) => Promise<T | undefined>,
    { maxEntries, retryDelay, metrics, logger }: CacheSettings,
  ) {
    this.#load = load;
    this.#maxEntries = maxEntries;
    this.#retryDelay = retryDelay;
    this.#metrics = metrics;
    this.#logger = logger;
  }

  /**
   * @returns the value itself when it is in memory, else a promise of it
   * @throws (rejects) when the store cannot be read and no earlier value is known
   */
  get(id: string): T | undefined | Promise<T | undefined> {
    const entry = this.#entries.get(id);
    if (entry !== undefined) {
      if (!entry.stale) return entry.value;
      if (performance.now() < entry.retryAt) {
        this.#metrics.staleServed += 1;
        return entry.value;
      }
    }
    return this.#loads.get(id) ?? this.#start(id, entry);
  }

  /** Tells that the stored form has changed. */
  invalidate(id: string): void {
    this.#loads.delete(id);
    const entry = this.#entries.get(id);
    if (entry === undefined) return;
    entry.stale = true;
    entry.retryAt = 0;
  }

  #start(id: string, previous: Entry<T> | undefined): Promise<T | undefined> {
    const load: Promise<T | undefined> = this.#load(id, previous?.value).then(
      (value) => {
        if (this.#loads.get(id) === load) this.#keep(id, value);
        return value;
      },
      (error: unknown) => {
        this.#metrics.storeErrors += 1;
        this.#logger.error("configuration cannot be read", { id, error: String(error) });
        if (this.#loads.get(id) === load) this.#loads.delete(id);
        const lastGood = this.#entries.get(id);
        if (lastGood === undefined) throw error;
        lastGood.retryAt = performance.now() + this.#retryDelay;
        this.#metrics.staleServed += 1;
        return lastGood.value;
      },
    );
    this.#loads.set(id, load);
    return load;
  }

  #keep(id: string, value: T | undefined): void {
    this.#loads.delete(id);
    this.#entries.delete(id);
    if (value === undefined) return;
    // The oldest load goes first: cheaper than recency on every request, and the bound is far above what is configured.
    if (this.#entries.size >= this.#maxEntries) this.#entries.delete(this.#entries.keys().next().value as string);
    this.#entries.set(id, { value, stale: false, retryAt: 0 });
  }
}
