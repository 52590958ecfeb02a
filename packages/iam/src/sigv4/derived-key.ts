/** INVARIANT: a key serves only the secret it was derived from, so a rotated secret counts at once. */
export interface Derived<K> {
  readonly secret: string;
  readonly key: K;
}
