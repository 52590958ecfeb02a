/**
 * A queue that seldom holds more than one: that one is in a field, since an array that empties with each request has the engine take its
 * memory back and get new one for the next. No `Set` either: that makes a new table whenever it empties, each dead table keeps the next
 * one, and one that has got into the old generation takes all later ones with it.
 */
export class ShortQueue<Item> {
  #first: Item | undefined = undefined;
  /** Those behind the first one. */
  readonly #others: Item[] = [];

  get first(): Item | undefined {
    return this.#first;
  }

  get length(): number {
    return this.#first === undefined ? 0 : 1 + this.#others.length;
  }

  push(item: Item): void {
    if (this.#first === undefined) this.#first = item;
    else this.#others.push(item);
  }

  /** @returns the first one, which leaves the queue */
  shift(): Item | undefined {
    const first = this.#first;
    this.#first = this.#others.length === 0 ? undefined : this.#others.shift();
    return first;
  }

  /** Takes one out, wherever it is. */
  delete(item: Item): void {
    if (item === this.#first) {
      this.shift();
      return;
    }
    const at = this.#others.indexOf(item);
    if (at !== -1) this.#others.splice(at, 1);
  }

  /** @returns all of them, first one first; later changes do not show in it */
  all(): Item[] {
    return this.#first === undefined ? [] : [this.#first, ...this.#others];
  }
}
