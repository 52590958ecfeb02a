/**
 * A strict JSON reader (RFC 8259) that JSON.parse cannot stand in for: it finds members that occur twice, of which one would
 * silently win, keeps numbers as written and bounds the depth. Objects are maps, so `__proto__` is a name like any other.
 */
export type JsonNode = string | boolean | null | JsonNumber | JsonList | JsonObject;
export type JsonList = readonly JsonNode[];
export type JsonObject = ReadonlyMap<string, JsonNode>;

/** A number in the digits of the text. */
export class JsonNumber {
  readonly source: string;

  constructor(source: string) {
    this.source = source;
  }
}

export class JsonSyntaxError extends Error {
  override readonly name = "JsonSyntaxError";
}

export interface ParsedJson {
  readonly value: JsonNode;
  /** Paths of members that occur a second time in their object. */
  readonly duplicates: readonly string[];
}

/** The deepest policy (a list of values of a key of an operator of a statement) is 6 levels deep. */
const maxDepth = 16;
const numberPattern = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
const literals: readonly (readonly [string, JsonNode])[] = [
  ["true", true],
  ["false", false],
  ["null", null],
];

/**
 * @returns the value of a JSON text
 * @throws JsonSyntaxError that names line and column when the text is no JSON or is nested deeper than 16 levels
 */
export function parseJson(text: string): ParsedJson {
  return new Reader(text).document();
}

/** @returns compact JSON of a node, members in the map's order, numbers as they were written */
export function printJson(node: JsonNode): string {
  if (node instanceof JsonNumber) return node.source;
  if (Array.isArray(node)) return `[${node.map(printJson).join(",")}]`;
  if (node instanceof Map) {
    return `{${[...node].map(([name, value]) => `${JSON.stringify(name)}:${printJson(value)}`).join(",")}}`;
  }
  return JSON.stringify(node);
}

class Reader {
  readonly #text: string;
  readonly #duplicates: string[] = [];
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  document(): ParsedJson {
    const value = this.#value("", 1);
    this.#skipSpace();
    if (this.#at < this.#text.length) this.#fail("text after the end of the document; remove it");
    return { value, duplicates: this.#duplicates };
  }

  #value(path: string, depth: number): JsonNode {
    if (depth > maxDepth) this.#fail(`nested deeper than ${maxDepth} levels; no policy element is`);
    this.#skipSpace();
    const char = this.#text[this.#at];
    if (char === "{") return this.#object(path, depth);
    if (char === "[") return this.#list(path, depth);
    if (char === '"') return this.#string();
    for (const [word, value] of literals) {
      if (this.#text.startsWith(word, this.#at)) {
        this.#at += word.length;
        return value;
      }
    }
    numberPattern.lastIndex = this.#at;
    const source = numberPattern.exec(this.#text)?.[0];
    if (source === undefined) this.#fail("expected a value");
    this.#at += source.length;
    return new JsonNumber(source);
  }

  #object(path: string, depth: number): JsonObject {
    const members = new Map<string, JsonNode>();
    this.#at += 1;
    if (this.#take("}")) return members;
    do {
      this.#skipSpace();
      if (this.#text[this.#at] !== '"') this.#fail("expected a member name in double quotes");
      const name = this.#string();
      const memberPath = path === "" ? name : `${path}.${name}`;
      if (members.has(name)) this.#duplicates.push(memberPath);
      if (!this.#take(":")) this.#fail("expected `:` after a member name");
      members.set(name, this.#value(memberPath, depth + 1));
    } while (this.#take(","));
    if (!this.#take("}")) this.#fail("expected `,` or `}`");
    return members;
  }

  #list(path: string, depth: number): JsonList {
    const items: JsonNode[] = [];
    this.#at += 1;
    if (this.#take("]")) return items;
    do items.push(this.#value(`${path}[${items.length}]`, depth + 1));
    while (this.#take(","));
    if (!this.#take("]")) this.#fail("expected `,` or `]`");
    return items;
  }

  #string(): string {
    let end = this.#at + 1;
    while (end < this.#text.length && this.#text[end] !== '"') end += this.#text[end] === "\\" ? 2 : 1;
    if (end >= this.#text.length) this.#fail("string without closing quote");
    const source = this.#text.slice(this.#at, end + 1);
    try {
      const value = JSON.parse(source) as string;
      this.#at = end + 1;
      return value;
    } catch {
      return this.#fail("string with a bad escape or a control character");
    }
  }

  #take(char: string): boolean {
    this.#skipSpace();
    if (this.#text[this.#at] !== char) return false;
    this.#at += 1;
    return true;
  }

  #skipSpace(): void {
    for (;;) {
      const char = this.#text[this.#at];
      if (char !== " " && char !== "\n" && char !== "\r" && char !== "\t") return;
      this.#at += 1;
    }
  }

  #fail(problem: string): never {
    const before = this.#text.slice(0, this.#at).split("\n");
    const column = (before.at(-1) as string).length + 1;
    throw new JsonSyntaxError(`no JSON at line ${before.length}, column ${column}: ${problem}`);
  }
}
