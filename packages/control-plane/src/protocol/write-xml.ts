import type { NormalizedSchema } from "@smithy/core/schema";

const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&apos;",
};

/** Everything that XML 1.0 cannot hold or that has a meaning in it. */
const special = /[\p{Cc}&<>"']/gu;

/** @returns the text as XML character data; control characters that XML 1.0 cannot hold become U+FFFD */
export function escapeXml(text: string): string {
  return text.replace(
    special,
    (character) => entities[character] ?? (/[\t\n\r]/.test(character) ? character : "\ufffd"),
  );
}

/** @returns the members of an AWS query answer as XML elements, in the schema's order; absent ones are left out */
export function writeXml(schema: NormalizedSchema, value: Readonly<Record<string, unknown>>): string {
  let xml = "";
  for (const [name, member] of schema.structIterator()) {
    const inner = value[name];
    if (inner !== undefined && inner !== null) xml += `<${name}>${content(member, inner)}</${name}>`;
  }
  return xml;
}

function content(schema: NormalizedSchema, value: unknown): string {
  if (schema.isStructSchema()) return writeXml(schema, value as Record<string, unknown>);
  if (schema.isListSchema()) {
    return (value as unknown[]).map((item) => `<member>${content(schema.getValueSchema(), item)}</member>`).join("");
  }
  return escapeXml(value instanceof Date ? value.toISOString() : String(value));
}
