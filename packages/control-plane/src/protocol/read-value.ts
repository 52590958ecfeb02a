import type { NormalizedSchema } from "@smithy/core/schema";

/** A member of a request that has the wrong JSON type. */
export interface TypeFault {
  readonly path: string;
  readonly expected: string;
}

/** Nesting deeper than this is refused; the deepest shape of the Lattice API has seven levels. */
const maxDepth = 32;

/**
 * Reads a JSON value as a schema says: wrong types are reported, unknown members are dropped, `null` counts as absent.
 * Unions must have exactly one member.
 * @param faults collects every wrong type
 */
export function readValue(
  schema: NormalizedSchema,
  value: unknown,
  path: string,
  faults: TypeFault[],
  depth = 0,
): unknown {
  const wrong = (expected: string): undefined => {
    faults.push({ path, expected });
    return undefined;
  };
  if (depth > maxDepth) return wrong("nested less deeply");
  if (schema.isDocumentSchema()) return value;
  if (schema.isUnionSchema())
    return isObject(value) ? readUnion(schema, value, path, faults, depth) : wrong("an object");
  if (schema.isStructSchema())
    return isObject(value) ? readStruct(schema, value, path, faults, depth) : wrong("an object");
  if (schema.isMapSchema()) return isObject(value) ? readMap(schema, value, path, faults, depth) : wrong("an object");
  if (schema.isListSchema())
    return Array.isArray(value) ? readList(schema, value, path, faults, depth) : wrong("a list");
  if (schema.isStringSchema()) return typeof value === "string" ? value : wrong("a string");
  if (schema.isBooleanSchema()) return typeof value === "boolean" ? value : wrong("true or false");
  if (schema.isNumericSchema()) return typeof value === "number" && Number.isFinite(value) ? value : wrong("a number");
  return wrong("of a type this API has");
}

type JsonObject = Readonly<Record<string, unknown>>;

function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function readStruct(
  schema: NormalizedSchema,
  value: JsonObject,
  path: string,
  faults: TypeFault[],
  depth: number,
): JsonObject {
  const result: Record<string, unknown> = {};
  for (const [name, member] of schema.structIterator()) {
    if (!Object.hasOwn(value, name)) continue;
    const inner = value[name];
    if (inner === null || inner === undefined) continue;
    const read = readValue(member, inner, join(path, name), faults, depth + 1);
    if (read !== undefined) result[name] = read;
  }
  return result;
}

function readUnion(
  schema: NormalizedSchema,
  value: JsonObject,
  path: string,
  faults: TypeFault[],
  depth: number,
): unknown {
  const result = readStruct(schema, value, path, faults, depth);
  const names = Object.keys(schema.getMemberSchemas());
  const given = names.filter((name) => Object.hasOwn(value, name) && value[name] !== null);
  if (given.length !== 1) faults.push({ path, expected: `an object with exactly one of ${names.join(", ")}` });
  return result;
}

function readMap(
  schema: NormalizedSchema,
  value: JsonObject,
  path: string,
  faults: TypeFault[],
  depth: number,
): JsonObject {
  const result: Record<string, unknown> = Object.create(null);
  for (const [key, inner] of Object.entries(value)) {
    result[key] = readValue(schema.getValueSchema(), inner, join(path, key), faults, depth + 1);
  }
  return result;
}

function readList(
  schema: NormalizedSchema,
  value: readonly unknown[],
  path: string,
  faults: TypeFault[],
  depth: number,
): unknown {
  const item = schema.getValueSchema();
  return value.map((inner, index) => readValue(item, inner, `${path}[${index}]`, faults, depth + 1));
}

function join(path: string, name: string): string {
  return path === "" ? name : `${path}.${name}`;
}
