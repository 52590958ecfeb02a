import { createHash, createHmac } from "node:crypto";

/** What signing needs; `canonicalPath` and `canonicalQuery` are given as they are to be signed. */
export interface TextbookRequest {
  readonly method: string;
  readonly canonicalPath: string;
  readonly canonicalQuery: string;
  /** Lower case names and canonical values, ascending. */
  readonly signed: readonly (readonly [name: string, value: string])[];
  readonly payloadHash: string;
}

export interface TextbookKey {
  readonly accessKeyId: string;
  readonly secret: string;
  readonly region: string;
  readonly service: string;
}

/**
 * Signature Version 4 written down step by step from AWS's documentation, with everything derived each time: what a
 * service would do without caches, and the judge of what the verifier makes of odd requests.
 * @param timestamp YYYYMMDDTHHMMSSZ
 * @returns 64 hex digits
 */
export function textbookSignature(request: TextbookRequest, key: TextbookKey, timestamp: string): string {
  const canonicalRequest = [
    request.method,
    request.canonicalPath,
    request.canonicalQuery,
    ...request.signed.map(([name, value]) => `${name}:${value}`),
    "",
    request.signed.map(([name]) => name).join(";"),
    request.payloadHash,
  ].join("\n");
  const date = timestamp.slice(0, 8);
  const stringToSign = [
    "AWS4-HMAC-SHA256",
    timestamp,
    `${date}/${key.region}/${key.service}/aws4_request`,
    createHash("sha256").update(canonicalRequest, "latin1").digest("hex"),
  ].join("\n");
  let signingKey = hmac(`AWS4${key.secret}`, date);
  for (const part of [key.region, key.service, "aws4_request"]) signingKey = hmac(signingKey, part);
  return hmac(signingKey, stringToSign).toString("hex");
}

/** @returns an Authorization header with the textbook's signature */
export function textbookAuthorization(request: TextbookRequest, key: TextbookKey, timestamp: string): string {
  const scope = `${timestamp.slice(0, 8)}/${key.region}/${key.service}/aws4_request`;
  const signedHeaders = request.signed.map(([name]) => name).join(";");
  const signature = textbookSignature(request, key, timestamp);
  return `AWS4-HMAC-SHA256 Credential=${key.accessKeyId}/${scope}, SignedHeaders=${signedHeaders}, Signature=${signature}`;
}

function hmac(key: string | Buffer, data: string): Buffer {
  return createHmac("sha256", key).update(data).digest();
}
