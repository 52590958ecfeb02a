import type { WireRequest } from "../../harness/valid-requests.ts";

/** A request with one thing wrong in it. */
export interface Mutant {
  /** What is wrong, and where. */
  readonly name: string;
  readonly method: string;
  readonly target: string;
  readonly body?: string | Uint8Array;
  /** A fault in the path can also make another resource of it, or none. */
  readonly isInPath?: true;
  /** The member of the input that a refusal has to name. */
  readonly member?: string;
}

type Json = unknown;
type Path = readonly (string | number)[];

/** Stands for what JSON.stringify cannot make; no seed holds it. */
const placeholder = "@@placeholder@@";
const deep = (levels: number): string => `${"[".repeat(levels)}${"]".repeat(levels)}`;

/** @returns every request that one fault makes of a valid one, for each member and kind of fault */
export function mutantsOf(request: WireRequest, required: readonly string[]): readonly Mutant[] {
  return [
    ...bodyMutants(request, required),
    ...jsonMutants(request),
    ...pathMutants(request),
    ...queryMutants(request),
  ];
}

function bodyMutants({ method, target, body }: WireRequest, required: readonly string[]): Mutant[] {
  if (body === undefined) return [];
  const mutants: Mutant[] = [];
  const add = (name: string, path: Path, text: string): void => {
    const member = String(path[0]);
    mutants.push({ name: `${path.join(".")} ${name}`, method, target, body: text, member });
  };
  for (const [path, value] of placesIn(body)) {
    for (const [name, wrong] of wrongValues(value)) add(name, path, JSON.stringify(replaced(body, path, wrong)));
    const nested = (levels: number): string =>
      JSON.stringify(replaced(body, path, placeholder)).replace(JSON.stringify(placeholder), deep(levels));
    add("nested 40 deep", path, nested(40));
    mutants.push({ name: `${path.join(".")} nested 3,000 deep`, method, target, body: nested(3_000) });
  }
  for (const name of required.filter((one) => Object.hasOwn(body, one))) {
    const { [name]: _, ...rest } = body;
    add("left out", [name], JSON.stringify(rest));
    add("null", [name], JSON.stringify({ ...rest, [name]: null }));
  }
  return mutants;
}

/** @returns every value in a body with its place, the body itself not */
function placesIn(value: Json, path: Path = []): [Path, Json][] {
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]): [Path, Json][] => {
    const place = [...path, Array.isArray(value) ? Number(key) : key];
    return [[place, inner], ...placesIn(inner, place)];
  });
}

function replaced(value: Json, [head, ...rest]: Path, wrong: Json): Json {
  if (head === undefined) return wrong;
  if (Array.isArray(value)) return value.map((inner, index) => (index === head ? replaced(inner, rest, wrong) : inner));
  const object = value as Readonly<Record<string, Json>>;
  return { ...object, [head]: replaced(object[String(head)], rest, wrong) };
}

/** @returns values that no member can have whose valid value is this one, each with what is wrong with it */
function wrongValues(value: Json): [string, Json][] {
  if (typeof value === "string") {
    return [
      ["a number", 7],
      ["true", true],
      ["a list", [value]],
      ["an object", { value }],
      ["100,000 characters", "a".repeat(100_000)],
      ["a zero byte", "\u0000"],
      ["a lone surrogate", "\ud800"],
      ["a line break", "\r\n"],
    ];
  }
  if (typeof value === "number") {
    const texts: [string, Json][] = [
      ["text", String(value)],
      ["true", true],
      ["a list", [value]],
      ["an object", {}],
    ];
    return [...texts, ["negative", -1], ["huge", 1e15], ["not whole", value + 0.5]];
  }
  if (typeof value === "boolean")
    return [
      ["text", String(value)],
      ["a number", 1],
      ["a list", [value]],
      ["an object", {}],
    ];
  const scalars: [string, Json][] = [
    ["text", "text"],
    ["a number", 7],
    ["true", true],
  ];
  if (!Array.isArray(value)) return [...scalars, ["a list", [value]]];
  return [...scalars, ["an object", {}], ["1,001 items", Array(1_001).fill(value[0])], ["a list in itself", [value]]];
}

/** Bodies that are no JSON object. */
function jsonMutants({ method, target, body }: WireRequest): Mutant[] {
  if (body === undefined) return [];
  const text = JSON.stringify(body);
  const texts: Readonly<Record<string, string | Uint8Array>> = {
    "half a JSON": text.slice(0, Math.max(1, text.length >> 1)),
    "a JSON without its last brace": text.slice(0, -1),
    "two JSONs": text + text,
    "a trailing comma": `${text.slice(0, -1)},}`,
    "single quotes": `${text.replaceAll('"', "'")}'`,
    "a comment": `/* */${text}`,
    "a number that is none": '{"maxResults":NaN}',
    "a list": `[${text}]`,
    "a string": JSON.stringify(text),
    null: "null",
    "a number": "1",
    "bytes that are no UTF-8": Uint8Array.of(
      ...Buffer.from(text.slice(0, -1)),
      0x2c,
      0x22,
      0xff,
      0xfe,
      0x22,
      0x3a,
      0x31,
      0x7d,
    ),
    "UTF-16": Buffer.from(text, "utf16le"),
    "100,000 open brackets": "[".repeat(100_000),
    "100,000 nested objects": `${'{"a":'.repeat(100_000)}1${"}".repeat(100_000)}`,
  };
  return Object.entries(texts).map(([name, wrong]) => ({ name: `the body ${name}`, method, target, body: wrong }));
}

function pathMutants({ method, target, body }: WireRequest): Mutant[] {
  const [path = "", query] = target.split("?");
  const segments = path.split("/");
  const wrong: Readonly<Record<string, string>> = {
    "a broken escape": "%zz",
    "half an escape": "%4",
    "an escape that is no UTF-8": "%c3%28",
    "a zero byte": "%00",
    "3,000 characters": "a".repeat(3_000),
    "20,000 characters": "a".repeat(20_000),
    "no id": "NOT%20an%20id",
    dots: "%2e%2e",
    "a slash": "a%2fb",
    nothing: "",
  };
  const mutants = segments.flatMap((segment, index): Mutant[] => {
    // Words of the path are in lower case alone; the rest are labels.
    if (index === 0 || /^[a-z]+$/.test(segment)) return [];
    return Object.entries(wrong).map(([name, text]) => {
      const changed = segments.with(index, text).join("/");
      const at = { method, target: query === undefined ? changed : `${changed}?${query}`, isInPath: true } as const;
      return {
        ...at,
        name: `path segment ${index} ${name}`,
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      };
    });
  });
  return mutants;
}

function queryMutants({ method, target, body }: WireRequest): Mutant[] {
  const [path = "", query] = target.split("?");
  if (query === undefined) return [];
  const mutants: Mutant[] = [];
  const rest = body === undefined ? {} : { body: JSON.stringify(body) };
  const add = (name: string, member: string, search: string): void => {
    mutants.push({ name: `?${member} ${name}`, method, target: `${path}?${search}`, member, ...rest });
  };
  for (const [name, value] of new URLSearchParams(query)) {
    const others = new URLSearchParams(query);
    others.delete(name);
    const set = (text: string): string => `${others}&${name}=${text}`;
    for (const [kind, text] of Object.entries({
      "a zero byte": "%00",
      "a line break": "%0d%0a",
      "3,000 characters": "a".repeat(3_000),
    })) {
      add(kind, name, set(text));
    }
    for (const text of ["%zz", "%4"])
      mutants.push({ name: `?${name} ${text}`, method, target: `${path}?${set(text)}`, ...rest });
    if (!name.endsWith("Keys")) add("twice", name, `${query}&${name}=${encodeURIComponent(value)}`);
    if (/^\d+$/.test(value))
      for (const text of ["0", "-1", "1e9", "1.5", "many", "999999999999999999"]) add(text, name, set(text));
  }
  if (query.includes("maxResults")) {
    for (const token of ["x", "W10", "%ff%fe", "a".repeat(2_049)])
      add(`token ${token.slice(0, 10)}`, "nextToken", `${query}&nextToken=${token}`);
  }
  return mutants;
}
