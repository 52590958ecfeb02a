import { type AuthorizationHeader, hmacAlgorithm, parseAuthorization } from "./authorization-header.ts";
import { BoundedCache } from "./bounded-cache.ts";
import type { Derived } from "./derived-key.ts";
import { invalidSignature, type RejectedSignature, type SignatureScope } from "./signature-result.ts";
import { parseSignedHeaders, type SignedHeaderList } from "./signed-headers.ts";
import type { SigningKey } from "./signing-key.ts";

/** What an Authorization header says apart from the signature, checked against the scope. */
export interface SignatureClaim extends Pick<AuthorizationHeader, "algorithm" | "accessKeyId" | "date" | "service"> {
  readonly list: SignedHeaderList;
  /** What it was last checked with: saves the look-up of a key that is in steady use. */
  derived?: Derived<SigningKey>;
}

export interface ClaimedSignature {
  readonly kind: "claimed";
  readonly claim: SignatureClaim;
  /** For ECDSA lower-case hex; for HMAC any text, since it is only compared. */
  readonly signature: string;
  /** True when the claim comes from the cache. */
  readonly known: boolean;
}

export interface ClaimReader {
  read(authorization: string): ClaimedSignature | RejectedSignature;
  /** Remembers the claim of a header whose signature turned out right. */
  learn(authorization: string, claim: SignatureClaim): void;
}

const signatureLength = 64;
const maxKeptLength = 1024;
const generationSize = 2048;

/**
 * All that a client sends in a day before its `Signature=` is the same, so it is parsed and checked once.
 * INVARIANT: kept claims are in scope and once had a right signature; what can change (key, token, clock) is not kept.
 */
export function createClaimReader(scope: SignatureScope): ClaimReader {
  const claims = new BoundedCache<SignatureClaim>(generationSize);
  /** The last claims at hand, without hashing some hundred characters. */
  const recent: ({ readonly head: string; readonly claim: SignatureClaim } | undefined)[] = new Array(256).fill(
    undefined,
  );
  const find = (authorization: string, cut: number): SignatureClaim | undefined => {
    const place = placeOf(authorization) & (recent.length - 1);
    const last = recent[place];
    // `startsWith` compares character by character, in ten times the time.
    const head = authorization.slice(0, cut);
    if (last !== undefined && last.head === head) return last.claim;
    const claim = claims.get(head);
    if (claim !== undefined) recent[place] = { head: Buffer.from(head).toString(), claim };
    return claim;
  };
  return {
    read(authorization) {
      const cut = authorization.length - signatureLength;
      const claim = find(authorization, cut);
      if (claim === undefined) return parseClaim(authorization, scope);
      return { kind: "claimed", claim, signature: authorization.slice(cut), known: true };
    },
    learn(authorization, claim) {
      const head = authorization.slice(0, -signatureLength);
      if (claim.algorithm !== hmacAlgorithm || head.length > maxKeptLength || !head.endsWith("Signature=")) return;
      claims.set(head, claim);
    },
  };
}

/** Mixed from characters in which access keys differ; the same for all that a client sends in a day. */
function placeOf(authorization: string): number {
  return (
    authorization.charCodeAt(34) ^
    (authorization.charCodeAt(38) * 7) ^
    (authorization.charCodeAt(42) * 31) ^
    (authorization.charCodeAt(46) * 131) ^
    authorization.length
  );
}

function parseClaim(authorization: string, scope: SignatureScope): ClaimedSignature | RejectedSignature {
  // A copy: parts of it may be kept, and slices would keep the buffer that the header came in.
  const parsed = parseAuthorization(Buffer.from(authorization).toString());
  if (parsed.kind === "rejected") return parsed;
  const { algorithm, accessKeyId, date, region, service, signature } = parsed;
  if (service !== scope.service) {
    return invalidSignature("service-mismatch", `the credential scope has to name the service ${scope.service}`);
  }
  // The region of SigV4A is in x-amz-region-set.
  if (algorithm === hmacAlgorithm && region !== scope.region) return otherRegion;
  const list = parseSignedHeaders(parsed.signedHeaders);
  if (list.kind === "rejected") return list;
  return { kind: "claimed", claim: { algorithm, accessKeyId, date, service, list }, signature, known: false };
}

export const otherRegion = invalidSignature("region-mismatch", "the signature is for another region");
