import { invalidFields } from "@pergola/core";

const maxParts = 6;
const part = /^[\p{L}\p{N}\p{Z}_.:/=+\-@]{0,256}$/u;

/** @returns an opaque token for where a list goes on */
export function writeTagToken(list: string, position: readonly string[]): string {
  return Buffer.from(JSON.stringify([list, ...position])).toString("base64url");
}

/**
 * @param list what is listed, so that a token of another list is refused
 * @param token of the page before; `""` and undefined ask for the first
 * @returns the position, or undefined for the first page
 * @throws LatticeError ValidationException
 */
export function readTagToken(list: string, token: string | undefined): readonly string[] | undefined {
  if (token === undefined || token === "") return undefined;
  const bad = invalidFields([{ name: "PaginationToken", message: "must be the token of the page before, unchanged" }]);
  let parts: unknown;
  try {
    parts = JSON.parse(Buffer.from(token, "base64url").toString("utf8"));
  } catch {
    throw bad;
  }
  // Only what `writeTagToken` could have written: the texts go to the store as parts of keys.
  if (!Array.isArray(parts) || parts.length < 2 || parts.length > maxParts) throw bad;
  if (!parts.every((text) => typeof text === "string" && part.test(text))) throw bad;
  const [kind, ...position] = parts as string[];
  if (kind !== list || writeTagToken(list, position) !== token) throw bad;
  return position;
}
