import { headerLine } from "../../http1/grammar.ts";
import { fieldValue, isConnectionSpecific } from "../grammar.ts";
import type { FieldName } from "./field-name.ts";

/** A header as it came: made once for all requests that name it by its place in a table. */
export class HeaderField {
  readonly name: FieldName;
  readonly value: string;
  /** As a line of HTTP/1.1, which it has the grammar of when it is sound; empty for a pseudo-header. */
  readonly line: string;
  /** Whether it makes no message malformed; of a pseudo-header only its value is looked at. */
  readonly isSound: boolean;

  constructor(name: FieldName, value: string) {
    this.name = name;
    this.value = value;
    this.line = name.isPseudo ? "" : `${name.text}: ${value}\r\n`;
    this.isSound =
      fieldValue.test(value) &&
      (name.isPseudo ||
        (name.isSound &&
          name.spelling === name.text &&
          headerLine.test(this.line) &&
          (name.text !== "te" || !isConnectionSpecific("te", value))));
  }

  /** What it counts for in a table and in a list. RFC 7541 §4.1. */
  get size(): number {
    return this.name.text.length + this.value.length + entryOverhead;
  }
}

export const entryOverhead = 32;
