import { type FieldName, fieldNameOf } from "./field-name.ts";
import { tableSize } from "./field-table.ts";
import { entryOverhead } from "./header-field.ts";
import { staticTable } from "./static-table.ts";

/** What one connection has last said under a name. */
interface Said {
  value: string;
  /** Its number among all entries of the table so far; 0 when it is in none. */
  entry: number;
  /** How often the same value came again, and how often another one. */
  hits: number;
  misses: number;
}

/** Longer values are rarely the same twice, and push many others out of the table. */
const maxIndexed = 256;
/** A name whose value changes more often than it stays is not worth its places in the table. */
const trials = 3;
/** Names that are followed on one connection. */
const maxFollowed = 128;
const maxEntries = tableSize / entryOverhead;
/** Up to this length a loop writes text faster than a call out of JavaScript. */
const shortText = 24;

/** Bytes of a field beside its name and value: its kind or index and two lengths. */
const fieldOverhead = 12;
/** Bytes of two updates of the table's size. */
const updateOverhead = 8;

/**
 * Writes header blocks of one direction of a connection, in their order. RFC 7541. Nothing is Huffman-coded: it would save a quarter
 * of the few bytes that the tables leave, for more processor time than all the rest.
 */
export class HeaderEncoder {
  readonly #said = new Map<string, Said>();
  /** Sizes of entries, by their number. */
  #sizes: Uint16Array | undefined;
  #added = 0;
  #evicted = 0;
  #size = 0;
  #maxSize = tableSize;
  /** The smallest size since the last block, where the other side has still to hear of it. */
  #smallest: number | undefined;
  #out: Buffer = nowhere;
  #at = 0;

  /** @param size of the table that the other side allows */
  limit(size: number): void {
    const wanted = Math.min(size, tableSize);
    if (wanted === this.#maxSize) return;
    this.#smallest = Math.min(this.#smallest ?? wanted, wanted);
    this.#maxSize = wanted;
    this.#shrinkTo(wanted);
  }

  /** @returns bytes that the block has at most */
  static room(fields: readonly string[]): number {
    let room = updateOverhead + (fields.length / 2 + 1) * fieldOverhead;
    for (let i = 0; i < fields.length; i += 1) room += (fields[i] as string).length;
    return room;
  }

  /**
   * @param fields names and values in turn, names in any spelling; sound, since what has been put in the table cannot be taken back
   * @param status of a response, before the fields; 0 without
   * @param out with as much room behind `at` as `room` says
   * @returns where the block ends
   */
  encode(fields: readonly string[], status: number, out: Buffer, at: number): number {
    this.#out = out;
    this.#at = at;
    if (this.#smallest !== undefined) this.#sayLimit(this.#smallest);
    if (status === 200) out[this.#at++] = 0x88;
    else if (status !== 0) this.#field(statusName, String(status));
    for (let i = 0; i < fields.length; i += 2) this.#field(fieldNameOf(fields[i] as string), fields[i + 1] as string);
    this.#out = nowhere;
    return this.#at;
  }

  #sayLimit(smallest: number): void {
    this.#smallest = undefined;
    if (smallest < this.#maxSize) this.#integer(0x20, 0x1f, smallest);
    this.#integer(0x20, 0x1f, this.#maxSize);
  }

  #field(name: FieldName, value: string): void {
    const known = name.values?.get(value);
    if (known !== undefined) this.#integer(0x80, 0x7f, known);
    else if (name.isSecret) this.#literal(0x10, 0x0f, name, value);
    else this.#changing(name, value);
  }

  #changing(name: FieldName, value: string): void {
    const said = this.#said.get(name.text);
    if (said !== undefined && said.value === value) {
      said.hits += 1;
      if (said.entry > this.#evicted) {
        this.#integer(0x80, 0x7f, staticTable.length + 1 + this.#added - said.entry);
        return;
      }
    } else if (said !== undefined) said.misses += 1;
    const size = name.text.length + value.length + entryOverhead;
    const isWorthIt = said === undefined ? this.#said.size < maxFollowed : said.hits + trials > said.misses;
    if (!isWorthIt || value.length > maxIndexed || size > this.#maxSize) {
      if (said !== undefined) {
        said.value = value;
        said.entry = 0;
      }
      this.#literal(0x00, 0x0f, name, value);
      return;
    }
    this.#literal(0x40, 0x3f, name, value);
    this.#add(size);
    if (said === undefined) this.#said.set(name.text, { value, entry: this.#added, hits: 0, misses: 0 });
    else {
      said.value = value;
      said.entry = this.#added;
    }
  }

  #add(size: number): void {
    this.#shrinkTo(this.#maxSize - size);
    this.#sizes ??= new Uint16Array(maxEntries);
    this.#added += 1;
    this.#sizes[this.#added % maxEntries] = size;
    this.#size += size;
  }

  #shrinkTo(size: number): void {
    while (this.#size > size && this.#sizes !== undefined) {
      this.#evicted += 1;
      this.#size -= this.#sizes[this.#evicted % maxEntries] as number;
    }
  }

  #literal(kind: number, mask: number, name: FieldName, value: string): void {
    this.#integer(kind, mask, name.index);
    if (name.index === 0) this.#text(name.text);
    this.#text(value);
  }

  #text(text: string): void {
    const { length } = text;
    this.#integer(0, 0x7f, length);
    if (length > shortText) this.#out.write(text, this.#at, length, "latin1");
    else for (let i = 0; i < length; i += 1) this.#out[this.#at + i] = text.charCodeAt(i);
    this.#at += length;
  }

  #integer(kind: number, mask: number, value: number): void {
    if (value < mask) {
      this.#out[this.#at++] = kind | value;
      return;
    }
    this.#out[this.#at++] = kind | mask;
    let rest = value - mask;
    for (; rest >= 0x80; rest >>>= 7) this.#out[this.#at++] = (rest & 0x7f) | 0x80;
    this.#out[this.#at++] = rest;
  }
}

const nowhere = Buffer.alloc(0);
const statusName = fieldNameOf(":status");
