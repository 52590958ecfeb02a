import type { SignedHeaderList } from "./signed-headers.ts";

// Not imported: docs/lambda.md, "Bundles".
const { hash } = process.getBuiltinModule("node:crypto");

export interface CanonicalParts {
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly list: SignedHeaderList;
  /** In the order of `list.names`. */
  readonly values: readonly string[];
  readonly payloadHash: string;
}

/**
 * The hash of the canonical request. Source: AWS, "Create a signed AWS API request", steps 1 and 2.
 * @returns 64 hex digits, or undefined when a character is not a byte and so nothing that came over a wire
 */
export function requestHash({ method, path, query, list, values, payloadHash }: CanonicalParts): string | undefined {
  const { lineHeads } = list;
  let text = `${method}\n${path}\n${query}`;
  for (let i = 0; i < lineHeads.length; i++) text += (lineHeads[i] as string) + (values[i] as string);
  text += `\n\n${list.text}\n${payloadHash}`;
  // `hash` takes a string as UTF-8, which is the bytes of the wire only as long as all is ASCII.
  if (Buffer.byteLength(text) === text.length) return hash("sha256", text, "hex");
  if (/[^\0-\xff]/.test(text)) return undefined;
  return hash("sha256", Buffer.from(text, "latin1"), "hex");
}
