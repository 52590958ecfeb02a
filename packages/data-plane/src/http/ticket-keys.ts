import { randomBytes } from "node:crypto";

/** The key that TLS session tickets are sealed with. It opens the sessions that were begun with it: no log and no file may have it. */
export interface TicketKeys {
  /** 48 bytes. */
  readonly current: Uint8Array;
  /** @returns a function that ends this */
  onChange(listener: (current: Uint8Array) => void): () => void;
}

const keyBytes = 48;

/** A key that somebody else makes. */
export class GivenTicketKeys implements TicketKeys {
  #current: Uint8Array;
  readonly #listeners = new Set<(current: Uint8Array) => void>();

  constructor(first: Uint8Array) {
    this.#current = first;
  }

  get current(): Uint8Array {
    return this.#current;
  }

  set(next: Uint8Array): void {
    this.#current = next;
    for (const listener of this.#listeners) listener(next);
  }

  onChange(listener: (current: Uint8Array) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }
}

/**
 * Makes a key, and another one each time it is old: whoever finds one later can read the sessions of that time at most; a client with
 * an older ticket shakes hands in full.
 * @param lifetimeMs milliseconds
 */
export function rotateTicketKeys(lifetimeMs: number): TicketKeys & { stop(): void } {
  const keys = new GivenTicketKeys(randomBytes(keyBytes));
  const rotation = setInterval(() => keys.set(randomBytes(keyBytes)), lifetimeMs);
  rotation.unref();
  return Object.assign(keys, { stop: () => clearInterval(rotation) });
}
