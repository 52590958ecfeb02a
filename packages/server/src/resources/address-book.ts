import { type ConfigStore, owners, type Stored, type Write } from "@pergola/core";
import type { AddressRange } from "./address-range.ts";

/** Which address of this machine stands for which resource. It is kept: a restart changes nothing. */
export interface AddressBook {
  /**
   * Gives each association an address of its own, and takes those of all others back.
   * @returns the addresses by association; those that the range has no room for are missing
   */
  assign(associationIds: ReadonlySet<string>): Promise<ReadonlyMap<string, string>>;
}

/** The store's bound on one transaction. */
const maxWrites = 100;

interface Item {
  readonly address: string;
}

/** Reads what was given away before; addresses outside of the range, which may have been another one then, are given up. */
export async function openAddressBook(store: ConfigStore, range: AddressRange): Promise<AddressBook> {
  const book = new Book(store, range);
  await book.read();
  return book;
}

class Book implements AddressBook {
  readonly #store: ConfigStore;
  readonly #range: AddressRange;
  readonly #addresses = new Map<string, string>();
  readonly #taken = new Set<number>();
  /** Goes round the range: an address that somebody may still have noted down is given away again as late as can be. */
  #next = 0;

  constructor(store: ConfigStore, range: AddressRange) {
    this.#store = store;
    this.#range = range;
  }

  async read(): Promise<void> {
    const unusable: string[] = [];
    for (const { id, value } of await readAll(this.#store)) {
      const index = this.#range.indexOf(value.address);
      if (index === undefined || this.#taken.has(index)) unusable.push(id);
      else {
        this.#addresses.set(id, value.address);
        this.#taken.add(index);
        this.#next = Math.max(this.#next, index + 1);
      }
    }
    await this.#write(unusable.map((id) => ({ kind: "delete", key: keyOf(id), expect: "any" })));
  }

  async assign(associationIds: ReadonlySet<string>): Promise<ReadonlyMap<string, string>> {
    await this.#release([...this.#addresses.keys()].filter((id) => !associationIds.has(id)));
    const fresh = new Map<string, number>();
    for (const id of associationIds) {
      if (this.#addresses.has(id)) continue;
      const index = this.#nextFree(fresh.size);
      if (index === undefined) break;
      this.#taken.add(index);
      fresh.set(id, index);
    }
    try {
      await this.#write(
        [...fresh].map(([id, index]) => {
          const value: Item = { address: this.#range.at(index) };
          return { kind: "put", key: keyOf(id), value, expect: "any" };
        }),
      );
    } catch (error) {
      for (const index of fresh.values()) this.#taken.delete(index);
      throw error;
    }
    for (const [id, index] of fresh) this.#addresses.set(id, this.#range.at(index));
    return new Map(this.#addresses);
  }

  async #release(associationIds: readonly string[]): Promise<void> {
    await this.#write(associationIds.map((id) => ({ kind: "delete", key: keyOf(id), expect: "any" })));
    for (const id of associationIds) {
      this.#taken.delete(this.#range.indexOf(this.#addresses.get(id) as string) as number);
      this.#addresses.delete(id);
    }
  }

  #nextFree(inTransit: number): number | undefined {
    if (this.#addresses.size + inTransit >= this.#range.size) return undefined;
    while (this.#taken.has(this.#next % this.#range.size)) this.#next += 1;
    const index = this.#next % this.#range.size;
    this.#next = index + 1;
    return index;
  }

  async #write(writes: readonly Write[]): Promise<void> {
    for (let start = 0; start < writes.length; start += maxWrites) {
      await this.#store.transact(writes.slice(start, start + maxWrites));
    }
  }
}

function keyOf(id: string): { owner: string; id: string } {
  return { owner: owners.resourceAddresses, id };
}

async function readAll(store: ConfigStore): Promise<Stored<Item>[]> {
  const all: Stored<Item>[] = [];
  for (;;) {
    const after = all.at(-1)?.id;
    const options = after === undefined ? { limit: 1_000 } : { after, limit: 1_000 };
    const { items, more } = await store.list<Item>(owners.resourceAddresses, options);
    all.push(...items);
    if (!more || items.length === 0) return all;
  }
}
