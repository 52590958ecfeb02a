import type { NormalizedSchema } from "@smithy/core/schema";

/**
 * Writes an operation's output as a schema says: members that the schema does not have are dropped, absent ones omitted, times
 * are ISO 8601 UTC with milliseconds (what VPC Lattice sends, where REST-JSON's default would be epoch seconds).
 * @returns a value for JSON.stringify
 */
export function writeOutput(schema: NormalizedSchema, value: unknown): unknown {
  if (value === undefined || value === null) return undefined;
  if (schema.isTimestampSchema()) return value instanceof Date ? value.toISOString() : value;
  if (schema.isStructSchema()) return writeStruct(schema, value as Record<string, unknown>);
  if (schema.isListSchema()) return (value as unknown[]).map((item) => writeOutput(schema.getValueSchema(), item));
  if (schema.isMapSchema()) {
    const entries = Object.entries(value).map(([key, inner]) => [key, writeOutput(schema.getValueSchema(), inner)]);
    return Object.fromEntries(entries);
  }
  return value;
}

function writeStruct(schema: NormalizedSchema, value: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const result: Record<string, unknown> = {};
  for (const [name, member] of schema.structIterator()) {
    const written = writeOutput(member, value[name]);
    if (written !== undefined) result[name] = written;
  }
  return result;
}
