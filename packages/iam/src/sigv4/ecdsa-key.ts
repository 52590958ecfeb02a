import type { KeyObject } from "node:crypto";
import { ecdsaAlgorithm } from "./authorization-header.ts";

// Not imported: docs/lambda.md, "Bundles".
const { createECDH, createHmac, createPublicKey, verify } = process.getBuiltinModule("node:crypto");

/** Order of the group of P-256, minus two. Source: FIPS 186-4, D.1.2.3. */
const orderMinusTwo = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc63254fn;
const maxTrials = 254;

/**
 * Derives the public key that checks an access key's SigV4A signatures.
 * Source: AWS, "AWS Signature Version 4 for API requests", SigV4A: NIST SP 800-108 in counter mode with HMAC-SHA256, key `AWS4A` + secret,
 * fixed input `00000001 ‖ AWS4-ECDSA-P256-SHA256 ‖ 00 ‖ access key ‖ trial ‖ 00000100`; the first result that is at most
 * n - 2, plus one, is the private key.
 * @throws Error when no trial gives a key, which no secret is known to do (chance 2⁻³² a trial)
 */
export function deriveEcdsaPublicKey(accessKeyId: string, secret: string): KeyObject {
  const ecdh = createECDH("prime256v1");
  ecdh.setPrivateKey(derivePrivateKey(accessKeyId, secret));
  const point = ecdh.getPublicKey();
  const coordinate = (from: number): string => point.subarray(from, from + 32).toString("base64url");
  // The point is 04 ‖ x ‖ y.
  return createPublicKey({ format: "jwk", key: { kty: "EC", crv: "P-256", x: coordinate(1), y: coordinate(33) } });
}

function derivePrivateKey(accessKeyId: string, secret: string): Buffer {
  for (let trial = 1; trial <= maxTrials; trial++) {
    const candidate = createHmac("sha256", Buffer.from(`AWS4A${secret}`))
      .update(Buffer.from([0, 0, 0, 1]))
      .update(`${ecdsaAlgorithm}\0${accessKeyId}`)
      .update(Buffer.from([trial, 0, 0, 1, 0]))
      .digest("hex");
    const value = BigInt(`0x${candidate}`);
    if (value <= orderMinusTwo) return Buffer.from((value + 1n).toString(16).padStart(64, "0"), "hex");
  }
  throw new Error("no ECDSA key can be derived from this access key");
}

/** @returns true when `signature` (hex of DER) over a string to sign was made with the private half of `key` */
export function ecdsaMatches(key: KeyObject, stringToSign: string, signature: string): boolean {
  return verify("sha256", Buffer.from(stringToSign), { key, dsaEncoding: "der" }, Buffer.from(signature, "hex"));
}
