import type { Exchange } from "./exchange.ts";
import { isNetworkHeader, namedByConnection } from "./header-names.ts";
import type { HeaderSection } from "./http1/header-section.ts";
import { type KnownName, trait } from "./http1/known-name.ts";

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
  if (section !== undefined && (section.traits & trait.connection) === 0) return withoutNetworkHeaders(section);
  const named = namedByConnection(rawHeaders);
  let kept: string[] | undefined;
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i] as string;
    if (isNetworkHeader(name) || named?.has(name.toLowerCase()) === true) kept ??= rawHeaders.slice(0, i);
    else kept?.push(name, rawHeaders[i + 1] as string);
  }
  return kept ?? rawHeaders;
}

function withoutNetworkHeaders({ rawHeaders, names, traits }: HeaderSection): readonly string[] {
  if ((traits & trait.network) === 0) return rawHeaders;
  const kept: string[] = [];
  for (let i = 0; i < names.length; i += 1) {
    const name = names[i] as KnownName;
    if ((name.traits & trait.network) === 0) kept.push(name.text, rawHeaders[2 * i + 1] as string);
  }
  return kept;
}
