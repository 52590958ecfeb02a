import { RecentTexts } from "@pergola/core";

/** A host name or address literal, and perhaps a port; at most 253 characters, which is all that DNS has. */
const authorityPattern = /^([A-Za-z0-9._-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(?::[0-9]{0,5})?$/;

/**
 * @param authority the value of a Host header
 * @returns the host in lower case without port, or undefined when the value is malformed
 */
export function hostOf(authority: string): string | undefined {
  return hosts.of(authority);
}

const hosts = new RecentTexts((authority) => authorityPattern.exec(authority)?.[1]?.toLowerCase());

/**
 * Reduces a request target to origin form. An absolute form is only taken when it names the same authority as the Host header:
 * otherwise this server and a target behind it could disagree about who was asked for.
 * @returns the path and query, or undefined for everything else (`*`, other authorities, a fragment)
 */
export function originForm(target: string, authority: string): string | undefined {
  // A `#` is not part of any request target; targets that cut it off would see another path than the rules and policies.
  if (target.includes("#")) return undefined;
  if (target.charCodeAt(0) === slash) return target;
  const scheme = /^https?:\/\//i.exec(target)?.[0];
  if (scheme === undefined) return undefined;
  const rest = target.slice(scheme.length);
  const end = rest.search(/[/?]/);
  const named = end === -1 ? rest : rest.slice(0, end);
  if (named.toLowerCase() !== authority.toLowerCase()) return undefined;
  const path = end === -1 ? "" : rest.slice(end);
  return path.startsWith("/") ? path : `/${path}`;
}

const slash = 0x2f;
