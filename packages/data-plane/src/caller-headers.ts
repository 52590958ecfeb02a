import type { Exchange } from "./exchange.ts";
import { isNetworkHeader, namedByConnection } from "./header-names.ts";
import { trait } from "./http1/known-name.ts";

/**
 * The headers that policies and rules go by: the caller's, without those that a target gets in the network's own words and
 * without those that a Connection header takes out on the way. What decides about a request must not be something that the
 * target never sees, and nobody may claim a VPC or an identity by writing it down.
 * @returns names and values in turn; the same array when nothing is left out, as almost always
 */
export function callerHeaders({
  head: { rawHeaders },
  section,
}: Pick<Exchange, "head" | "section">): readonly string[] {
  if (section !== undefined && (section.traits & (trait.network | trait.connection)) === 0) return rawHeaders;
  const named = namedByConnection(rawHeaders);
  let kept: string[] | undefined;
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i] as string;
    if (isNetworkHeader(name) || named?.has(name.toLowerCase()) === true) kept ??= rawHeaders.slice(0, i);
    else kept?.push(name, rawHeaders[i + 1] as string);
  }
  return kept ?? rawHeaders;
}
