import { dropsFromRequest, dropsFromResponse } from "../header-names.ts";
import { headerFields } from "./header-fields.ts";
import type { HeaderField } from "./hpack/header-field.ts";

/**
 * What decides about a request, its framing or who sends it must come before its body: policies and rules have not seen its
 * trailers. RFC 9110 §6.5.1.
 */
const neverInTrailers = new Set([
  "authorization",
  "cache-control",
  "content-encoding",
  "content-length",
  "content-range",
  "content-type",
  "cookie",
  "host",
  "set-cookie",
  "x-forwarded-for",
]);

/** @returns the trailers of a request that its target gets, names and values in turn; empty when they are no HTTP/2 */
export function requestTrailers(rawTrailers: readonly string[]): string[] {
  return kept(rawTrailers, (name, value) => dropsFromRequest(name, value) || name.startsWith("x-amz"));
}

/** @returns the trailers of a response that its client gets */
export function responseTrailers(rawTrailers: readonly string[]): string[] {
  return kept(rawTrailers, dropsFromResponse);
}

/** @returns a block's fields as names and values in turn; undefined when they cannot be trailers */
export function trailersOf(fields: readonly HeaderField[]): string[] | undefined {
  const out: string[] = [];
  for (const { name, value, isSound } of fields) {
    if (!isSound || name.isPseudo) return undefined;
    out.push(name.text, value);
  }
  return out;
}

function kept(rawTrailers: readonly string[], drops: (name: string, value: string) => boolean): string[] {
  const fields = headerFields(rawTrailers) ?? [];
  const out: string[] = [];
  for (let i = 0; i < fields.length; i += 2) {
    const name = fields[i] as string;
    const value = fields[i + 1] as string;
    if (!neverInTrailers.has(name) && !drops(name, value)) out.push(name, value);
  }
  return out;
}
