import { encodePath, isWellEscaped } from "./uri-encoding.ts";

const plainPath = /^[A-Za-z0-9\-._~/]*$/;
const dotSegment = /\/\.{1,2}(?:\/|$)/;

/**
 * The canonical URI of services other than S3: the path as sent, encoded once more.
 * @param path raw, as routed
 * @returns undefined when an escape is broken
 */
export function canonicalPath(path: string): string | undefined {
  if (plainPath.test(path)) return path;
  return isWellEscaped(path) ? encodePath(path) : undefined;
}

/**
 * The form that the SDKs' signers make of a path with empty segments: `//` becomes `/` before encoding. Go's signer and curl
 * do not do that, so both forms count. Dot segments are where this ends: the signers resolve them, and accepting that would
 * let anyone who holds a signature for `/admin` send it to the rules and policies of `/public/../admin`.
 * INVARIANT: the path is well escaped.
 * @returns undefined when there is no such form or it is the same as `canonicalPath`
 */
export function mergedSlashesPath(path: string): string | undefined {
  if (!path.includes("//") || dotSegment.test(path)) return undefined;
  return encodePath(path.replace(/\/{2,}/g, "/"));
}
