import { fieldNameOf } from "./field-name.ts";
import { FieldTable } from "./field-table.ts";
import { HeaderField } from "./header-field.ts";
import { decodedLength, decodeHuffman } from "./huffman.ts";

/** What a message may have; beyond it the block is read to its end for the table's sake, and nothing of it is kept. */
export interface ListLimits {
  /** As HTTP/2 counts them, with 32 bytes more for each. RFC 9113 §6.5.2. */
  readonly maxSize: number;
  readonly maxFields: number;
}

/** Room for most strings that are compressed; longer ones have memory of their own. */
const scratch = Buffer.allocUnsafeSlow(4 * 1024);
/** Digits of an integer behind its prefix: no length or index has more. */
const maxDigits = 3;
/** At the beginning of a block there may be the smallest size since the last one and the present one. RFC 7541 §4.2. */
const maxSizeUpdates = 2;

/** Reads header blocks of one direction of a connection, in their order. RFC 7541. */
export class HeaderDecoder {
  /** What the last block held; the same array for the next one. */
  readonly fields: HeaderField[] = [];
  /** Whether the last block held more than may be. */
  isTooLarge = false;
  readonly #limits: ListLimits;
  readonly #table = new FieldTable();
  #size = 0;
  #input: Buffer = scratch;
  #at = 0;
  #end = 0;

  constructor(limits: ListLimits) {
    this.#limits = limits;
  }

  /** @returns false when it is no header block: nothing on this connection can be read any more (COMPRESSION_ERROR) */
  decode(block: Buffer, from: number, to: number): boolean {
    this.fields.length = 0;
    this.isTooLarge = false;
    this.#size = 0;
    this.#input = block;
    this.#at = from;
    this.#end = to;
    let updates = 0;
    while (this.#at < to) {
      const first = block[this.#at] as number;
      if (first >= 0x80) {
        if (!this.#takeIndexed()) return false;
      } else if (first >= 0x20 && first < 0x40) {
        updates += 1;
        if (this.fields.length > 0 || this.isTooLarge || updates > maxSizeUpdates || !this.#takeUpdate()) return false;
      } else if (!this.#takeLiteral(first)) return false;
    }
    this.#input = scratch;
    return true;
  }

  /** Lets go of what the last block held: it would be kept for as long as the connection rests. */
  clear(): void {
    this.fields.length = 0;
  }

  #takeIndexed(): boolean {
    const field = this.#table.at(this.#integer(0x7f));
    if (field === undefined) return false;
    this.#add(field);
    return true;
  }

  #takeUpdate(): boolean {
    const size = this.#integer(0x1f);
    return size !== -1 && this.#table.resize(size);
  }

  #takeLiteral(first: number): boolean {
    const isIndexed = first >= 0x40;
    const index = this.#integer(isIndexed ? 0x3f : 0x0f);
    if (index === -1) return false;
    let name = index === 0 ? undefined : this.#table.at(index)?.name;
    if (index === 0) {
      const spelling = this.#string();
      if (spelling === undefined) return false;
      name = fieldNameOf(spelling);
    }
    const value = this.#string();
    if (name === undefined || value === undefined) return false;
    const field = new HeaderField(name, value);
    if (isIndexed) this.#table.add(field);
    this.#add(field);
    return true;
  }

  #add(field: HeaderField): void {
    this.#size += field.size;
    if (this.#size > this.#limits.maxSize || this.fields.length >= this.#limits.maxFields) {
      this.isTooLarge = true;
      this.fields.length = 0;
    }
    if (!this.isTooLarge) this.fields.push(field);
  }

  /** RFC 7541 §5.1. @param mask the bits of its prefix. @returns -1 when it is cut off, or larger than anything here can be */
  #integer(mask: number): number {
    let value = (this.#input[this.#at++] as number) & mask;
    if (value < mask) return value;
    for (let digit = 0; digit < maxDigits && this.#at < this.#end; digit += 1) {
      const byte = this.#input[this.#at++] as number;
      value += (byte & 0x7f) << (7 * digit);
      if (byte < 0x80) return value;
    }
    return -1;
  }

  /** RFC 7541 §5.2. @returns Latin-1; undefined when it is cut off or wrongly compressed */
  #string(): string | undefined {
    if (this.#at >= this.#end) return undefined;
    const isCompressed = (this.#input[this.#at] as number) >= 0x80;
    const length = this.#integer(0x7f);
    const from = this.#at;
    const to = from + length;
    if (length === -1 || to > this.#end) return undefined;
    this.#at = to;
    if (!isCompressed) return this.#input.toString("latin1", from, to);
    const room = decodedLength(length);
    const out = room <= scratch.length ? scratch : Buffer.allocUnsafeSlow(room);
    const decoded = decodeHuffman(this.#input, from, to, out);
    return decoded === -1 ? undefined : out.toString("latin1", 0, decoded);
  }
}
