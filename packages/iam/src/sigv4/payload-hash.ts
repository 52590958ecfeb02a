import {
  incompleteSignature,
  invalidSignature,
  type RejectedSignature,
  type SignatureScope,
} from "./signature-result.ts";

export const unsignedPayload = "UNSIGNED-PAYLOAD";
const hexDigest = /^[0-9a-f]{64}$/;

/**
 * Decides on the last line of the canonical request.
 * @param header x-amz-content-sha256 as signed, if it is there
 * @param bodyHash hash of the body as received, 64 hex digits, if the caller has it
 */
export function choosePayloadHash(
  rule: SignatureScope["payload"],
  header: string | undefined,
  bodyHash: string | undefined,
): string | RejectedSignature {
  if (header === unsignedPayload) return header;
  if (rule === "unsigned-only") return header === undefined ? missing : signed;
  if (header !== undefined && !hexDigest.test(header)) return badForm;
  if (bodyHash === undefined) return notHashed;
  if (header !== undefined && header !== bodyHash) return mismatch;
  return bodyHash;
}

const missing = incompleteSignature(
  "missing-payload-hash",
  "the header `x-amz-content-sha256` has to be there, signed, with the value UNSIGNED-PAYLOAD",
);
// The words are AWS's own, as seen on VPC Lattice: clients search for them.
const signed = invalidSignature("payload-signed", "Signed payloads are not supported");
const badForm = invalidSignature(
  "payload-signed",
  "the header `x-amz-content-sha256` has to be UNSIGNED-PAYLOAD or 64 hex digits; chunk signatures are not supported",
);
// A hash that nobody compared with the body would prove nothing, so it is not accepted on trust.
const notHashed = invalidSignature(
  "payload-not-hashed",
  "a signed payload cannot be checked here; use UNSIGNED-PAYLOAD",
);
const mismatch = invalidSignature(
  "payload-mismatch",
  "the body does not have the hash that `x-amz-content-sha256` names",
);
