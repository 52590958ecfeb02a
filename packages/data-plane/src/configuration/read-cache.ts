import { type Logger, monotonicNow } from "@pergola/core";
import type { Metrics } from "../metrics.ts";

interface Entry<T> {
  readonly value: T;
  /** An invalidated value stays as the last good one, for when the store cannot be read. */
  stale: boolean;
  /** Milliseconds of the monotonic clock: not before then is the store asked again about a stale value. */
  retryAt: number;
  /** When the value was read, and for how many milliseconds it is fresh; only looked at where values age. */
  readonly readAt: Moment;
  readonly freshFor: number;
}

/** What all caches on one store know of it together. */
export interface StoreOutage {
  /** When a read last failed; undefined since one has succeeded. */
  failedAt: Moment | undefined;
}

/** Both clocks: a Lambda environment that is frozen between invocations may stop one of them. */
interface Moment {
  readonly monotonic: number;
  readonly wall: number;
}

/** @returns milliseconds */
function ageOf({ monotonic, wall }: Moment): number {
  return Math.max(monotonicNow() - monotonic, Date.now() - wall);
}

function momentNow(): Moment {
  return { monotonic: monotonicNow(), wall: Date.now() };
}

/**
 * Milliseconds for which a store that has failed counts as away: meanwhile no request waits for it, whatever the age of what is
 * known. After that, one does.
 */
const awayFor = 30_000;

export interface CacheSettings {
  readonly maxEntries: number;
  /** Milliseconds for which a stale value is used after a failed load. */
  readonly retryDelay: number;
  /**
   * Milliseconds for which a value is fresh, for stores that tell nothing of other processes' changes; 0: until it is
   * invalidated. For as long again it is used while it is read anew; an older one is read before it is used.
   */
  readonly ttl?: number;
  readonly outage?: StoreOutage;
  readonly metrics: Metrics;
  readonly logger: Logger;
}

/**
 * Compiled configuration in memory. Loads on first use, once for all who wait; drops on invalidation.
 *
 * INVARIANT (in force at once): a load that began before an invalidation is not joined after it, and what it brings is only kept as
 * the last good value, so whoever asks after a change was announced sees the change.
 */
export class ReadCache<T> {
  readonly #entries = new Map<string, Entry<T>>();
  readonly #loads = new Map<string, Promise<T | undefined>>();
  /** Loads that an invalidation has come before the end of, and no other load since. */
  readonly #overtaken = new Map<string, Promise<T | undefined>>();
  readonly #load: (id: string, previous: T | undefined) => Promise<T | undefined>;
  readonly #maxEntries: number;
  readonly #retryDelay: number;
  readonly #ttl: number;
  readonly #outage: StoreOutage;
  readonly #metrics: Metrics;
  readonly #logger: Logger;

  /**
   * @param load reads and compiles; undefined when there is no such thing, which is not remembered: names that strangers send
   * must not fill memory
   */
  constructor(
    load: (id: string, previous: T | undefined) => Promise<T | undefined>,
    { maxEntries, retryDelay, ttl = 0, outage = { failedAt: undefined }, metrics, logger }: CacheSettings,
  ) {
    this.#load = load;
    this.#maxEntries = maxEntries;
    this.#retryDelay = retryDelay;
    this.#ttl = ttl;
    this.#outage = outage;
    this.#metrics = metrics;
    this.#logger = logger;
  }

  /**
   * @returns the value itself when it is in memory, else a promise of it
   * @throws (rejects) when the store cannot be read and no earlier value is known
   */
  get(id: string): T | undefined | Promise<T | undefined> {
    const entry = this.#entries.get(id);
    if (entry === undefined) return this.#loads.get(id) ?? this.#start(id, entry);
    const overdue = entry.stale ? Number.POSITIVE_INFINITY : this.#overdue(entry);
    if (overdue <= 0) return entry.value;
    if (monotonicNow() < entry.retryAt) {
      this.#metrics.staleServed += 1;
      return entry.value;
    }
    const load = this.#loads.get(id) ?? this.#start(id, entry);
    if (entry.stale || (overdue > this.#ttl && !this.#isAway())) return load;
    load.catch(() => {
      // Reported where it failed. Whoever asks next gets the last good value, or waits for a load of its own.
    });
    return entry.value;
  }

  /** @returns what is in memory, however old */
  known(id: string): T | undefined {
    return this.#entries.get(id)?.value;
  }

  /** @returns everything in memory; what has changed is read anew first, where the store can be read */
  async current(): Promise<T[]> {
    const found: T[] = [];
    for (const id of [...this.#entries.keys()]) {
      // One after the other: nobody waits for it in a hurry, and a thousand reads at once would be in the way of requests.
      const value = await this.get(id);
      if (value !== undefined) found.push(value);
    }
    return found;
  }

  #isAway(): boolean {
    const { failedAt } = this.#outage;
    return failedAt !== undefined && ageOf(failedAt) < awayFor;
  }

  /** Resolves when no load is under way: what is frozen in the middle of one would find a dead connection. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.#loads.values());
  }

  /** @returns milliseconds since the value stopped being fresh; 0 or less while it is */
  #overdue({ readAt, freshFor }: Entry<T>): number {
    return this.#ttl === 0 ? 0 : ageOf(readAt) - freshFor;
  }

  /** Tells that the stored form has changed. */
  invalidate(id: string): void {
    const load = this.#loads.get(id);
    if (load !== undefined) this.#overtaken.set(id, load);
    this.#loads.delete(id);
    const entry = this.#entries.get(id);
    if (entry === undefined) return;
    entry.stale = true;
    entry.retryAt = 0;
  }

  #start(id: string, previous: Entry<T> | undefined): Promise<T | undefined> {
    const load: Promise<T | undefined> = this.#load(id, previous?.value).then(
      (value) => {
        this.#outage.failedAt = undefined;
        if (this.#loads.get(id) === load) this.#keep(id, value, false);
        else if (this.#overtaken.get(id) === load) this.#keep(id, value, true);
        return value;
      },
      (error: unknown) => {
        this.#metrics.storeErrors += 1;
        this.#outage.failedAt = momentNow();
        this.#logger.error("configuration cannot be read", { id, error: String(error) });
        if (this.#loads.get(id) === load) this.#loads.delete(id);
        if (this.#overtaken.get(id) === load) this.#overtaken.delete(id);
        const lastGood = this.#entries.get(id);
        if (lastGood === undefined) throw error;
        lastGood.retryAt = monotonicNow() + this.#retryDelay;
        this.#metrics.staleServed += 1;
        return lastGood.value;
      },
    );
    this.#loads.set(id, load);
    this.#overtaken.delete(id);
    return load;
  }

  #keep(id: string, value: T | undefined, stale: boolean): void {
    this.#loads.delete(id);
    this.#overtaken.delete(id);
    this.#entries.delete(id);
    if (value === undefined) return;
    // The oldest load goes first: cheaper than recency on every request, and the bound is far above what is configured.
    if (this.#entries.size >= this.#maxEntries) this.#entries.delete(this.#entries.keys().next().value as string);
    // A tenth of jitter: processes that began together do not ask together for ever.
    const freshFor = this.#ttl * (0.9 + 0.1 * Math.random());
    this.#entries.set(id, { value, stale, retryAt: 0, readAt: momentNow(), freshFor });
  }
}
