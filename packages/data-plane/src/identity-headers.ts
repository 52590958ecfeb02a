import type { AwsPrincipal } from "@pergola/iam";

/** What a target is told about an authenticated caller. */
export interface IdentityHeaders {
  readonly identity: string;
  /** Absent when the principal has no tags. */
  readonly tags: string | undefined;
}

const built = new WeakMap<AwsPrincipal, IdentityHeaders>();

/** @returns the values of x-amzn-lattice-identity and -identity-tags; built once for each principal object */
export function identityHeaders(principal: AwsPrincipal): IdentityHeaders {
  const known = built.get(principal);
  if (known !== undefined) return known;
  const headers = { identity: identityOf(principal), tags: tagsOf(principal) };
  built.set(principal, headers);
  return headers;
}

// Key=Value joined by "; ". Source: VPC Lattice user guide, "HTTP headers", and public samples, read 2026-11.
function identityOf({ arn, orgId, orgPaths, sessionName }: AwsPrincipal): string {
  const parts = [`Principal=${escaped(arn)}`];
  if (orgId !== undefined) parts.push(`PrincipalOrgID=${escaped(orgId)}`);
  if (orgPaths?.[0] !== undefined) parts.push(`PrincipalOrgPath=${orgPaths.map(escaped).join(",")}`);
  if (sessionName !== undefined) parts.push(`SessionName=${escaped(sessionName)}`);
  parts.push("Type=AWS_IAM");
  return parts.join("; ");
}

function tagsOf({ arn, orgId, orgPaths, tags }: AwsPrincipal): string | undefined {
  const entries = Object.entries(tags);
  if (entries.length === 0) return undefined;
  const parts = [`principal=${escaped(arn)}`];
  if (orgId !== undefined) parts.push(`principalorgid=${escaped(orgId)}`);
  if (orgPaths?.[0] !== undefined) parts.push(`principalorgpath=${orgPaths.map(escaped).join(",")}`);
  for (const [key, value] of entries) {
    if (ownFields.has(key.toLowerCase())) continue;
    parts.push(`${escaped(key).replaceAll("=", "\\=")}=${escaped(value)}`);
  }
  return parts.join(";");
}

/** A session may be tagged by whoever assumes the role: a tag `principal` would be a second word on who is calling. */
const ownFields = new Set(["principal", "principalorgid", "principalorgpath"]);

/**
 * Keeps a value from ending its field or the header: `;` and `\` get a backslash, and whatever is not visible ASCII or a space
 * is percent-encoded as UTF-8, as is `%`, so that no two values look alike.
 */
function escaped(value: string): string {
  return value
    .toWellFormed()
    .replace(/[^\x20-\x7e]+|%/g, (text) => encodeURIComponent(text))
    .replace(/[;\\]/g, (character) => `\\${character}`);
}
