import { fieldNameOf } from "./field-name.ts";
import { HeaderField } from "./header-field.ts";
import { staticTable } from "./static-table.ts";

/** Bytes of the dynamic table, as HTTP/2 has it where nothing else is said. RFC 9113 §6.5.2. */
export const tableSize = 4096;
/** An entry counts for 32 bytes at least, so there are never more; a power of two. */
const maxEntries = tableSize / 32;

const staticFields = staticTable.map(([name, value]) => new HeaderField(fieldNameOf(name), value));

/** The static and the dynamic table, as the reader of header blocks knows them. RFC 7541 §2.3. */
export class FieldTable {
  /** A ring; made by the first entry. */
  #entries: (HeaderField | undefined)[] = [];
  /** How many were ever added. */
  #added = 0;
  #count = 0;
  #size = 0;
  #maxSize = tableSize;

  /** @returns undefined where there is none: 0, beyond the last one, or an index that is none (-1) */
  at(index: number): HeaderField | undefined {
    if (index <= staticFields.length) return staticFields[index - 1];
    const age = index - staticFields.length;
    return age > this.#count ? undefined : this.#entries[(this.#added - age) & (maxEntries - 1)];
  }

  /** One that is larger than the table leaves it empty. RFC 7541 §4.4. */
  add(field: HeaderField): void {
    this.#shrinkTo(this.#maxSize - field.size);
    if (field.size > this.#maxSize) return;
    if (this.#entries.length === 0) this.#entries = new Array(maxEntries).fill(undefined);
    this.#entries[this.#added & (maxEntries - 1)] = field;
    this.#added += 1;
    this.#count += 1;
    this.#size += field.size;
  }

  /** @returns false when it is more than was offered */
  resize(size: number): boolean {
    if (size > tableSize) return false;
    this.#maxSize = size;
    this.#shrinkTo(size);
    return true;
  }

  #shrinkTo(size: number): void {
    while (this.#count > 0 && this.#size > size) {
      const place = (this.#added - this.#count) & (maxEntries - 1);
      this.#size -= (this.#entries[place] as HeaderField).size;
      this.#entries[place] = undefined;
      this.#count -= 1;
    }
  }
}
