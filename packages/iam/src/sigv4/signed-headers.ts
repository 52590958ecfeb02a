import { incompleteSignature, type RejectedSignature } from "./signature-result.ts";

/** A `SignedHeaders` list, checked and indexed once for all requests that send the same list. */
export interface SignedHeaderList {
  readonly kind: "list";
  /** As it appears in the canonical request. */
  readonly text: string;
  /** INVARIANT: lower case, strictly ascending. */
  readonly names: readonly string[];
  /** Place of each name in `names`. */
  readonly index: ReadonlyMap<string, number>;
  /** `\nname:` of each: joining from these takes half the steps. */
  readonly lineHeads: readonly string[];
  /** Places of the headers that verification itself reads, -1 when the list lacks one. */
  readonly host: number;
  readonly amzDate: number;
  readonly date: number;
  readonly payloadHash: number;
  readonly token: number;
  readonly regionSet: number;
  readonly cookie: number;
}

const maxNames = 256;
const headerName = /^[!#$%&'*+.^_`|~0-9a-z-]+$/;

/**
 * Parses the `SignedHeaders` of an Authorization header: header names in lower case, ascending, joined by `;`, `host` among
 * them. AWS prescribes the order; another one could only come from a broken signer.
 */
export function parseSignedHeaders(text: string): SignedHeaderList | RejectedSignature {
  const names = text.split(";");
  if (names.length > maxNames) return malformed(`names more than ${maxNames} headers`);
  const index = new Map<string, number>();
  for (const [place, name] of names.entries()) {
    if (!headerName.test(name)) return malformed("has to be header names in lower case, joined by `;`");
    const previous = names[place - 1];
    if (previous !== undefined && previous >= name) return malformed("has to be in ascending order, each name once");
    index.set(name, place);
  }
  if (index.has("authorization")) return malformed("cannot name `authorization`");
  const place = (name: string): number => index.get(name) ?? -1;
  if (place("host") === -1)
    return incompleteSignature("unsigned-header", "the signature has to cover the header `host`");
  return {
    kind: "list",
    text,
    names,
    index,
    lineHeads: names.map((name) => `\n${name}:`),
    host: place("host"),
    amzDate: place("x-amz-date"),
    date: place("date"),
    payloadHash: place("x-amz-content-sha256"),
    token: place("x-amz-security-token"),
    regionSet: place("x-amz-region-set"),
    cookie: place("cookie"),
  };
}

function malformed(problem: string): RejectedSignature {
  return incompleteSignature("malformed-authorization", `the \`SignedHeaders\` of the authorization header ${problem}`);
}
