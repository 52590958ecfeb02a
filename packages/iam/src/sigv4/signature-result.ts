import type { Credential } from "../credential.ts";

/** What a signature has to be made for in order to count. */
export interface SignatureScope {
  /** `vpc-lattice-svcs` for requests to services, `vpc-lattice` for the API. */
  readonly service: "vpc-lattice-svcs" | (string & {});
  readonly region: string;
  /**
   * `unsigned-only`: x-amz-content-sha256 has to be `UNSIGNED-PAYLOAD`, as AWS demands of requests to services.
   * `any`: a signed hash is fine too, and is compared with the hash of the body that the caller of `verify` gives.
   */
  readonly payload: "unsigned-only" | "any";
}

/** AWS's common error codes for a signature that does not count. Source: AWS, "Common errors", read 2026-11. */
export type SignatureErrorCode =
  | "InvalidSignatureException"
  | "IncompleteSignatureException"
  | "UnrecognizedClientException"
  | "ExpiredTokenException"
  | "MissingAuthenticationTokenException";

/** Which check a signature failed: short and distinct, for logs and metrics only. */
export type SignatureRejectionReason =
  | "clock-skew"
  | "date-mismatch"
  | "duplicate-header"
  | "expired-token"
  | "malformed-authorization"
  | "malformed-date"
  | "malformed-path"
  | "malformed-query"
  | "malformed-header"
  | "malformed-method"
  | "malformed-region-set"
  | "missing-date"
  | "missing-payload-hash"
  | "missing-signed-header"
  | "payload-mismatch"
  | "payload-not-hashed"
  | "payload-signed"
  | "presigned-query"
  | "region-mismatch"
  | "service-mismatch"
  | "signature-mismatch"
  | "token-mismatch"
  | "unknown-access-key"
  | "unsigned-header"
  | "unsupported-algorithm";

export interface RejectedSignature {
  readonly kind: "rejected";
  readonly code: SignatureErrorCode;
  /** Safe for the caller: names the bad part, never a secret, an expected signature, or whether an access key exists. */
  readonly message: string;
  readonly reason: SignatureRejectionReason;
}

export interface VerifiedSignature {
  readonly kind: "verified";
  readonly credential: Credential;
  /** Lower case, ascending. */
  readonly signedHeaders: readonly string[];
  /** `UNSIGNED-PAYLOAD` or 64 hex digits. */
  readonly payloadHash: string;
}

/** `unsigned` is a request that does not claim an AWS signature: its caller is anonymous. */
export type SignatureResult = { readonly kind: "unsigned" } | VerifiedSignature | RejectedSignature;

/** @returns a rejection with the code that AWS uses for a signature that is there but wrong */
export function invalidSignature(reason: SignatureRejectionReason, message: string): RejectedSignature {
  return { kind: "rejected", code: "InvalidSignatureException", message, reason };
}

/** @returns a rejection with the code that AWS uses for a signature with a part missing or not parseable */
export function incompleteSignature(reason: SignatureRejectionReason, message: string): RejectedSignature {
  return { kind: "rejected", code: "IncompleteSignatureException", message, reason };
}

/**
 * An unknown key, a missing token and a wrong one are the same to the caller: who holds only an access key id of temporary
 * credentials does not learn whether it is in use.
 */
export function unrecognizedClient(reason: "unknown-access-key" | "token-mismatch"): RejectedSignature {
  const message = "the access key or the security token of the request is not valid";
  return { kind: "rejected", code: "UnrecognizedClientException", message, reason };
}

/** Said only to a caller whose signature is right, so that nobody else learns of an expired credential. */
export const expiredToken: RejectedSignature = {
  kind: "rejected",
  code: "ExpiredTokenException",
  message: "the security token of the request is expired",
  reason: "expired-token",
};
