import { trait } from "../http1/known-name.ts";
import { fieldName, fieldValue, isConnectionSpecific } from "./grammar.ts";
import { fieldNameOf } from "./hpack/field-name.ts";

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

/** @param rawHeaders names and values in turn, names in any spelling. @returns whether a message of HTTP/2 can have them */
export function areSound(rawHeaders: readonly string[]): boolean {
  return traitsOf(rawHeaders) !== undefined;
}

/** @returns what their names tell, all of them together; undefined when no message of HTTP/2 can have them */
export function traitsOf(rawHeaders: readonly string[]): number | undefined {
  let traits = 0;
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = fieldNameOf(rawHeaders[i] as string);
    const value = rawHeaders[i + 1] as string;
    if (!name.isSound || !fieldValue.test(value) || (name.text === "te" && isConnectionSpecific("te", value))) {
      return undefined;
    }
    traits |= name.known.traits;
  }
  return traits;
}

/** @param traits what `traitsOf` says. @returns what Content-Length says; -1 without one */
export function announcedLength(rawHeaders: readonly string[], traits: number): number {
  if ((traits & trait.contentLength) === 0) return -1;
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const isLength = (fieldNameOf(rawHeaders[i] as string).known.traits & trait.contentLength) !== 0;
    if (isLength) return Number(rawHeaders[i + 1]);
  }
  return -1;
}
