import { incompleteSignature, invalidSignature, type RejectedSignature } from "./signature-result.ts";
import type { SignedHeaderList } from "./signed-headers.ts";

/**
 * Collects the canonical values of the signed headers: trimmed, runs of blanks folded to one space, repetitions joined by `,`
 * (crumbs of a cookie by `; `, which undoes HTTP/2's splitting).
 * @returns the values in the order of `list.names`, or why the request's headers and the list do not go together
 */
export function collectSignedValues(
  rawHeaders: readonly string[],
  list: SignedHeaderList,
): readonly string[] | RejectedSignature {
  const values: (string | undefined)[] = [];
  for (let i = 0; i < list.names.length; i += 1) values.push(undefined);
  let authority: string | undefined;
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const sent = rawHeaders[i] as string;
    let name = sent;
    let place = list.index.get(sent);
    if (place === undefined) {
      name = sent.toLowerCase();
      place = name === sent ? undefined : list.index.get(name);
    }
    if (place === undefined) {
      // An x-amz- header that is not signed could be added by anyone on the way. Source: AWS, "Create a signed request".
      if (name.startsWith("x-amz-")) return unsignedHeader(name);
      if (name === ":authority") authority = rawHeaders[i + 1] as string;
      continue;
    }
    const value = rawHeaders[i + 1] as string;
    const folded = isCanonical(value) ? value : fold(value);
    if (folded === undefined) return lineBreak(name);
    const before = values[place];
    if (before !== undefined && isSingle(place, list)) return duplicate(name);
    values[place] = before === undefined ? folded : before + (place === list.cookie ? "; " : ",") + folded;
  }
  if (authority !== undefined) {
    if (authority.includes("\n")) return lineBreak(":authority");
    const host = values[list.host] ?? authority;
    // What is signed has to be what is routed: of two different hosts only one could be.
    if (host !== authority) return duplicate("host");
    values[list.host] = host;
  }
  const missing = values.indexOf(undefined);
  return missing === -1 ? (values as readonly string[]) : missingHeader(list.names[missing] as string);
}

function isCanonical(value: string): boolean {
  return !(value.charCodeAt(0) <= 0x20 || value.charCodeAt(value.length - 1) <= 0x20 || odd.test(value));
}

const odd = /[\t\n]| {2}/;

/** @returns undefined for a value with a line break */
function fold(value: string): string | undefined {
  if (value.includes("\n")) return undefined;
  // Not trim(): it takes 0xA0 for a blank, which is the second byte of `à`.
  return value.replace(/[ \t]+/g, " ").replace(/^ | $/g, "");
}

/** Headers that decide about the request: a second one would leave open which of them was meant. */
function isSingle(place: number, list: SignedHeaderList): boolean {
  return (
    place === list.host ||
    place === list.amzDate ||
    place === list.date ||
    place === list.payloadHash ||
    place === list.token ||
    place === list.regionSet
  );
}

const unsignedHeader = (name: string): RejectedSignature =>
  incompleteSignature("unsigned-header", `the signature has to cover the header \`${name.slice(0, 128)}\``);

// A line break inside a value could make two different requests canonically equal.
const lineBreak = (name: string): RejectedSignature =>
  incompleteSignature("malformed-header", `the header \`${name}\` contains a line break`);

const duplicate = (name: string): RejectedSignature =>
  incompleteSignature("duplicate-header", `the header \`${name}\` may be there only once`);

const missingHeader = (name: string): RejectedSignature =>
  invalidSignature("missing-signed-header", `the request lacks the signed header \`${name.slice(0, 128)}\``);
