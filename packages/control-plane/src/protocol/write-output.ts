import type { NormalizedSchema } from "@smithy/core/schema";

/** A time that goes over the wire as ISO 8601. Source of the number: TimestampDateTimeSchema in @smithy/types. */
const dateTime = 5;

/**
 * Writes an operation's output as a schema says: members that the schema does not have are dropped, absent ones omitted. Times (ISO
 * 8601 or a Date) are ISO 8601 UTC with milliseconds where the schema says so, and epoch seconds otherwise.
 * @returns a value for JSON.stringify
 */
export function writeOutput(schema: NormalizedSchema, value: unknown): unknown {
  if (value === undefined || value === null) return undefined;
  if (schema.isTimestampSchema()) return writeTime(schema, value as Date | string);
  if (schema.isStructSchema()) return writeStruct(schema, value as Record<string, unknown>);
  if (schema.isListSchema()) return (value as unknown[]).map((item) => writeOutput(schema.getValueSchema(), item));
  if (schema.isMapSchema()) {
    const entries = Object.entries(value).map(([key, inner]) => [key, writeOutput(schema.getValueSchema(), inner)]);
    return Object.fromEntries(entries);
  }
  return value;
}

function writeTime(schema: NormalizedSchema, value: Date | string): string | number {
  if (schema.getSchema() !== dateTime) return new Date(value).getTime() / 1000;
  return value instanceof Date ? value.toISOString() : value;
}

function writeStruct(schema: NormalizedSchema, value: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const result: Record<string, unknown> = {};
  for (const [name, member] of schema.structIterator()) {
    const written = writeOutput(member, value[name]);
    if (written !== undefined) result[name] = written;
  }
  return result;
}
