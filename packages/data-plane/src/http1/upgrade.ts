import { hasConnectionOption } from "./connection-options.ts";
import type { HeaderSection } from "./header-section.ts";

/** RFC 9110 §7.8: a name, perhaps a version. */
const protocol = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+(?:\/[!#$%&'*+\-.^_`|~0-9A-Za-z]+)?$/;

/**
 * Protocols in which a client could send further HTTP requests, which nobody would authorise: never passed on. Clients that offer
 * them go on without.
 */
const carriesHttp = /^(?:h2c?|h3|http|tls)(?:\/|$)/i;

/** More than any client has reason to offer. */
const maxProtocols = 8;

/**
 * @param section of a request of HTTP/1.1
 * @returns the protocols that the client would rather speak and that may be passed on; undefined for none
 */
export function requestedUpgrade(section: HeaderSection): readonly string[] | undefined {
  if (!hasConnectionOption(section, "upgrade")) return undefined;
  const offered = upgradeTokens(section.rawHeaders).filter((token) => !carriesHttp.test(token));
  const isUsable =
    offered.length > 0 && offered.length <= maxProtocols && offered.every((token) => protocol.test(token));
  return isUsable ? offered : undefined;
}

/** @returns whether a 101 goes over to protocols that were asked for. RFC 9110 §15.2.2 */
export function isOffered(offered: readonly string[], rawHeaders: readonly string[]): boolean {
  const chosen = upgradeTokens(rawHeaders).map((token) => token.toLowerCase());
  const known = new Set(offered.map((token) => token.toLowerCase()));
  return chosen.length > 0 && chosen.every((token) => known.has(token));
}

function upgradeTokens(rawHeaders: readonly string[]): string[] {
  const tokens: string[] = [];
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i] as string;
    if (name.length !== "upgrade".length || name.toLowerCase() !== "upgrade") continue;
    for (const token of (rawHeaders[i + 1] as string).split(",")) tokens.push(token.trim());
  }
  return tokens;
}
