import { fieldName, fieldValue, isConnectionSpecific } from "./grammar.ts";

/**
 * @param rawHeaders names and values in turn
 * @returns the same with names in lower case, or undefined when one of them could be in no message of HTTP/2
 */
export function headerFields(rawHeaders: readonly string[]): string[] | undefined {
  const fields: string[] = [];
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = (rawHeaders[i] as string).toLowerCase();
    const value = rawHeaders[i + 1] as string;
    if (!fieldName.test(name) || !fieldValue.test(value) || isConnectionSpecific(name, value)) return undefined;
    fields.push(name, value);
  }
  return fields;
}

/** @returns what Content-Length says; -1 without one */
export function announcedLength(fields: readonly string[]): number {
  for (let i = 0; i < fields.length; i += 2) if (fields[i] === "content-length") return Number(fields[i + 1]);
  return -1;
}

/** @returns the form in which Node takes interim responses and trailers */
export function fieldsObject(fields: readonly string[]): Record<string, string[]> {
  const object: Record<string, string[]> = Object.create(null);
  for (let i = 0; i < fields.length; i += 2) {
    const name = fields[i] as string;
    object[name] ??= [];
    object[name].push(fields[i + 1] as string);
  }
  return object;
}
