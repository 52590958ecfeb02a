/**
 * The streams of a connection that are open, by their ids, which only grow. No `Map`: with streams that come and go it makes a new table
 * every few requests, each dead table keeps the next one and its streams, and one that has got into the old generation takes all later
 * ones with it, until the next collection of everything.
 */
export class OpenStreams<S extends { readonly id: number }> {
  readonly #streams: S[] = [];

  get size(): number {
    return this.#streams.length;
  }

  get(id: number): S | undefined {
    const stream = this.#streams[this.#placeOf(id)];
    return stream?.id === id ? stream : undefined;
  }

  /** @param stream whose id is larger than that of any before */
  add(stream: S): void {
    this.#streams.push(stream);
  }

  delete(id: number): void {
    const at = this.#placeOf(id);
    if (this.#streams[at]?.id === id) this.#streams.splice(at, 1);
  }

  /** Gives the oldest first; streams may end, and others begin, meanwhile. */
  *values(): Generator<S> {
    for (let at = 0; ; ) {
      const stream = this.#streams[at];
      if (stream === undefined) return;
      yield stream;
      at = this.#placeOf(stream.id + 1);
    }
  }

  /** @returns where the stream is, or would be */
  #placeOf(id: number): number {
    let from = 0;
    let to = this.#streams.length;
    while (from < to) {
      const middle = (from + to) >> 1;
      if ((this.#streams[middle] as S).id < id) from = middle + 1;
      else to = middle;
    }
    return from;
  }
}
