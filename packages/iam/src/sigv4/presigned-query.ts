import { incompleteSignature, type RejectedSignature } from "./signature-result.ts";

const signatureParameter = /(?:^|&)x-amz-(?:signature|algorithm|credential|signedheaders)(?:=|&|$)/i;

/** @returns true when a query claims to carry a signature, whatever the case of its letters */
export function isPresigned(query: string): boolean {
  return query !== "" && signatureParameter.test(query);
}

/**
 * AWS does not document presigned requests to services, so they are refused: such a request claims a caller, and to take it for
 * anonymous or to check the header only would be to guess.
 */
export const presignedQuery: RejectedSignature = incompleteSignature(
  "presigned-query",
  "a signature in the query is not supported; sign with the authorization header",
);
