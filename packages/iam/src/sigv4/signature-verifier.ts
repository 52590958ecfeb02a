import type { RequestHead } from "@pergola/core";
import type { Credential, CredentialSource } from "../credential.ts";
import { ecdsaAlgorithm, hmacAlgorithm } from "./authorization-header.ts";
import { canonicalPath, mergedSlashesPath } from "./canonical-path.ts";
import { asSentQuery, canonicalQuery } from "./canonical-query.ts";
import { findCredential, isExpired } from "./credential-check.ts";
import { ecdsaMatches } from "./ecdsa-key.ts";
import { findAuthorization } from "./find-authorization.ts";
import { createKnownKeys, type KnownKeys } from "./known-keys.ts";
import { choosePayloadHash } from "./payload-hash.ts";
import { isPresigned, presignedQuery } from "./presigned-query.ts";
import { parseRegionSet, regionSetCovers } from "./region-set.ts";
import { requestHash } from "./request-hash.ts";
import { createClaimReader, otherRegion, type SignatureClaim } from "./signature-claim.ts";
import {
  expiredToken,
  incompleteSignature,
  invalidSignature,
  type RejectedSignature,
  type SignatureResult,
  type SignatureScope,
} from "./signature-result.ts";
import type { SignedHeaderList } from "./signed-headers.ts";
import { collectSignedValues } from "./signed-values.ts";
import { signingTime } from "./signing-time.ts";

export type SignedRequest = Pick<RequestHead, "method" | "path" | "query" | "rawHeaders">;

export interface SignatureVerifier {
  /**
   * Finds out who signed a request. Never throws because of what a request holds.
   * @param bodyHash SHA-256 of the body, 64 hex digits in lower case; needed where signed payloads are allowed
   */
  verify(head: SignedRequest, now: Date, bodyHash?: string): SignatureResult;
}

export interface SignatureVerifierOptions {
  /** How far x-amz-date may be from now, in milliseconds. Default 300,000: AWS's five minutes. */
  readonly maxSkewMs?: number;
}

/**
 * Verifies Signature Version 4 and 4A in the Authorization header.
 *
 * Caches learn from access keys that are known and from signatures that are right; a stranger can neither fill nor flush them.
 * Expiry is the last check, so only the holder of the secret hears of it.
 */
export function createSignatureVerifier(
  scope: SignatureScope,
  credentials: CredentialSource,
  options: SignatureVerifierOptions = {},
): SignatureVerifier {
  const { maxSkewMs = 300_000 } = options;
  const keys = createKnownKeys(scope.region, scope.service);
  const claims = createClaimReader(scope);
  return {
    verify(head, now, bodyHash) {
      const authorization = findAuthorization(head.rawHeaders);
      if (typeof authorization === "object") return authorization;
      if (isPresigned(head.query)) return presignedQuery;
      if (authorization === undefined) return unsigned;
      const claimed = claims.read(authorization);
      if (claimed.kind === "rejected") return claimed;
      const { claim, signature } = claimed;
      const { list } = claim;
      const values = collectSignedValues(head.rawHeaders, list);
      if ("kind" in values) return values;
      const badRegionSet = checkRegionSet(claim, values, scope.region);
      if (badRegionSet !== undefined) return badRegionSet;
      const timestamp = signingTime(list, values, claim.date, now, maxSkewMs);
      if (typeof timestamp !== "string") return timestamp;
      const payloadHash = choosePayloadHash(scope.payload, values[list.payloadHash], bodyHash);
      if (typeof payloadHash !== "string") return payloadHash;
      const found = findCredential(credentials, claim.accessKeyId, values[list.token]);
      if (found.kind === "rejected") return found;
      const { credential } = found;
      const matches = matcher(claim, signature, timestamp, credential, keys);
      const mismatch = checkSignature(head, list, values, payloadHash, matches);
      if (mismatch !== undefined) return mismatch;
      if (!claimed.known) claims.learn(authorization, claim);
      if (isExpired(credential, now)) return expiredToken;
      return { kind: "verified", credential, signedHeaders: list.names, payloadHash };
    },
  };
}

const unsigned: SignatureResult = { kind: "unsigned" };

function checkRegionSet(
  { algorithm, list }: SignatureClaim,
  values: readonly string[],
  region: string,
): RejectedSignature | undefined {
  if (algorithm === hmacAlgorithm) return undefined;
  const regionSet = values[list.regionSet];
  const patterns = regionSet === undefined ? undefined : parseRegionSet(regionSet);
  if (patterns === undefined) return badRegionSet;
  return regionSetCovers(patterns, region) ? undefined : otherRegion;
}

const badRegionSet = incompleteSignature(
  "malformed-region-set",
  "the header `x-amz-region-set` has to be there, signed, with regions or patterns such as us-* separated by commas",
);

type Matcher = (requestHash: string) => boolean;

function matcher(
  claim: SignatureClaim,
  signature: string,
  timestamp: string,
  credential: Credential,
  keys: KnownKeys,
): Matcher {
  const { algorithm, date, service } = claim;
  if (algorithm === hmacAlgorithm) {
    const key = keys.hmacKey(credential, claim);
    return (hash) => key.matches(timestamp, hash, signature);
  }
  const key = keys.ecdsaKey(credential);
  const head = `${ecdsaAlgorithm}\n${timestamp}\n${date}/${service}/aws4_request\n`;
  return (hash) => ecdsaMatches(key, head + hash, signature);
}

const methodForm = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

/**
 * Tries the documented canonical forms of path and query, at most four; the others cost nothing as long as the first is right.
 * All are made from the bytes that get routed.
 */
function checkSignature(
  { method, path, query }: SignedRequest,
  list: SignedHeaderList,
  values: readonly string[],
  payloadHash: string,
  matches: Matcher,
): RejectedSignature | undefined {
  if (!methodForm.test(method)) return badMethod;
  const firstPath = canonicalPath(path);
  if (firstPath === undefined) return badPath;
  const firstQuery = canonicalQuery(query);
  if (firstQuery === undefined) return badQuery;
  const isRight = (aPath: string, aQuery: string): boolean => {
    const hash = requestHash({ method, path: aPath, query: aQuery, list, values, payloadHash });
    return hash !== undefined && matches(hash);
  };
  if (isRight(firstPath, firstQuery)) return undefined;
  const otherPath = mergedSlashesPath(path);
  if (otherPath !== undefined && isRight(otherPath, firstQuery)) return undefined;
  const otherQuery = asSentQuery(query, firstQuery);
  if (otherQuery === undefined) return signatureMismatch;
  if (isRight(firstPath, otherQuery)) return undefined;
  return otherPath !== undefined && isRight(otherPath, otherQuery) ? undefined : signatureMismatch;
}

const badMethod = incompleteSignature("malformed-method", "the method has to be an HTTP token");
const badPath = incompleteSignature("malformed-path", "the path has a `%` that is not followed by two hex digits");
const badQuery = incompleteSignature("malformed-query", "the query has a `%` that is not followed by two hex digits");
const signatureMismatch = invalidSignature(
  "signature-mismatch",
  "the signature does not match; check the secret key, and that method, path, query and signed headers arrive as they were signed",
);
