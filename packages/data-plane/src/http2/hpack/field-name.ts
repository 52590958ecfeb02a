import { type KnownName, nameAt } from "../../http1/known-name.ts";
import { fieldName, isConnectionSpecific } from "../grammar.ts";
import { staticTable } from "./static-table.ts";

/** A header's name, and what HTTP/2 has to know of it. */
export interface FieldName {
  /** As it was given. */
  readonly spelling: string;
  /** In lower case. */
  readonly text: string;
  readonly known: KnownName;
  readonly isPseudo: boolean;
  /** Whether a message may have it: a token that is not about one connection (`te` hangs on its value). */
  readonly isSound: boolean;
  /** Never put in a table of header compression, where whoever can make requests may guess it. RFC 7541 §7.1. */
  readonly isSecret: boolean;
  /** Where the static table has it first, 0 when it has not. */
  readonly index: number;
  /** Values that the static table has with it, and where. */
  readonly values: ReadonlyMap<string, number> | undefined;
}

const secrets = new Set(["authorization", "cookie", "proxy-authorization", "set-cookie", "x-amz-security-token"]);

interface StaticName {
  readonly index: number;
  readonly values: Map<string, number>;
}
const staticNames = new Map<string, StaticName>();
for (const [at, [name, value]] of staticTable.entries()) {
  const known = staticNames.get(name) ?? { index: at + 1, values: new Map<string, number>() };
  staticNames.set(name, known);
  if (value !== "") known.values.set(value, at + 1);
}

/** As `known-name.ts` has it: names that hash to one place take turns, so that nobody can fill it up. */
const places: (FieldName | undefined)[] = new Array(1024).fill(undefined);
/** Longer names are not kept. */
const maxKept = 64;

/** @param spelling in upper or lower case */
export function fieldNameOf(spelling: string): FieldName {
  const { length } = spelling;
  const last = spelling.charCodeAt(length - 1);
  const mixed = length * 31 + spelling.charCodeAt(0) * 7 + last * 131 + spelling.charCodeAt(length >> 1) * 17;
  const place = mixed & (places.length - 1);
  const known = places[place];
  if (known !== undefined && known.spelling === spelling) return known;
  const made = makeName(spelling);
  if (length <= maxKept) places[place] = made;
  return made;
}

function makeName(spelling: string): FieldName {
  const text = spelling.toLowerCase();
  const { index = 0, values } = staticNames.get(text) ?? {};
  return {
    spelling,
    text,
    known: nameAt(text, 0, text.length),
    isPseudo: text.startsWith(":"),
    isSound: fieldName.test(text) && !isConnectionSpecific(text, "trailers"),
    isSecret: secrets.has(text),
    index,
    values: values?.size ? values : undefined,
  };
}
