/**
 * A cache of at most twice `generationSize` entries with O(1) work per call. Entries that are not read while a generation
 * fills are dropped with it, which is close enough to least-recently-used and needs no reordering on a hit.
 */
export class BoundedCache<V> {
  readonly #generationSize: number;
  #young = new Map<string, V>();
  #old = new Map<string, V>();

  constructor(generationSize: number) {
    this.#generationSize = generationSize;
  }

  /** How many entries are kept now. */
  get size(): number {
    return this.#young.size + this.#old.size;
  }

  get(key: string): V | undefined {
    const value = this.#young.get(key);
    if (value !== undefined) return value;
    const aged = this.#old.get(key);
    if (aged !== undefined) this.set(key, aged);
    return aged;
  }

  /** `key` is copied: a slice of a request's header would keep the whole header in memory. */
  set(key: string, value: V): void {
    if (this.#young.size >= this.#generationSize) {
      this.#old = this.#young;
      this.#young = new Map();
    }
    this.#old.delete(key);
    this.#young.set(Buffer.from(key).toString(), value);
  }
}
