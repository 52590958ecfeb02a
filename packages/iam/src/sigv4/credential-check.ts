import type { Credential, CredentialSource } from "../credential.ts";
import { type RejectedSignature, unrecognizedClient } from "./signature-result.ts";

// Not imported: docs/lambda.md, "Bundles".
const { timingSafeEqual } = process.getBuiltinModule("node:crypto");

/**
 * Looks an access key up and holds it against the session token of the request.
 * @param token x-amz-security-token as signed, if it is there
 */
export function findCredential(
  credentials: CredentialSource,
  accessKeyId: string,
  token: string | undefined,
): { readonly kind: "found"; readonly credential: Credential } | RejectedSignature {
  const credential = credentials(accessKeyId, token);
  if (credential === undefined || credential.accessKeyId !== accessKeyId) {
    return unrecognizedClient("unknown-access-key");
  }
  if (credential.isFoundByToken !== true && !sameToken(credential.sessionToken, token))
    return unrecognizedClient("token-mismatch");
  return { kind: "found", credential };
}

const expiryTimes = new WeakMap<Credential, number>();

/** @returns true from the moment that `expiresAt` names, and when it does not name one */
export function isExpired(credential: Credential, now: Date): boolean {
  if (credential.expiresAt === undefined) return false;
  let time = expiryTimes.get(credential);
  if (time === undefined) {
    time = Date.parse(credential.expiresAt);
    expiryTimes.set(credential, time);
  }
  // Written so that a date that cannot be parsed counts as expired.
  return !(now.getTime() < time);
}

/** Used again for each comparison: making two buffers costs more than comparing them. */
let expectedBytes = Buffer.alloc(4_096);
let givenBytes = Buffer.alloc(4_096);

/** A token that nobody asked for is as wrong as a missing one. */
function sameToken(expected: string | undefined, given: string | undefined): boolean {
  if (expected === undefined || given === undefined) return expected === given;
  if (expected.length !== given.length) return false;
  // As UTF-8, at most three bytes for each of a string's units; Latin-1 would cut U+0161 down to `a`.
  const most = expected.length * 3;
  if (most > expectedBytes.length) {
    expectedBytes = Buffer.alloc(most);
    givenBytes = Buffer.alloc(most);
  }
  const size = expectedBytes.write(expected);
  if (givenBytes.write(given) !== size) return false;
  return timingSafeEqual(expectedBytes.subarray(0, size), givenBytes.subarray(0, size));
}
