import { incompleteSignature, type RejectedSignature } from "./signature-result.ts";

export const hmacAlgorithm = "AWS4-HMAC-SHA256";
/** SigV4A: asymmetric, its scope names no region. */
export const ecdsaAlgorithm = "AWS4-ECDSA-P256-SHA256";

export interface AuthorizationHeader {
  readonly kind: "parsed";
  readonly algorithm: typeof hmacAlgorithm | typeof ecdsaAlgorithm;
  readonly accessKeyId: string;
  /** YYYYMMDD, digits only checked. */
  readonly date: string;
  /** `""` under SigV4A. */
  readonly region: string;
  readonly service: string;
  /** The `SignedHeaders` value as sent, not yet checked. */
  readonly signedHeaders: string;
  /** Lower-case hex: 64 digits for HMAC, DER of up to 72 bytes for ECDSA. */
  readonly signature: string;
}

const maxLength = 8192;

/** @returns true when an Authorization value claims one of AWS's schemes; any other scheme is none of our business */
export function isAwsAuthorization(value: string): boolean {
  const first = value.charCodeAt(0);
  if (first === 0x41) return value.startsWith("AWS4-") || awsScheme.test(value);
  return (first <= 0x20 || first === 0x61) && awsScheme.test(value);
}

// `AWS` alone is Signature Version 2: rejected as unsupported, not taken for anonymous.
const awsScheme = /^[ \t]*aws(?:4-|[ \t]|$)/i;

/**
 * Parses `AWS4-… Credential=…, SignedHeaders=…, Signature=…`, the three parts in any order, separated by a comma with or
 * without spaces. Linear in the length of `value`.
 */
export function parseAuthorization(value: string): AuthorizationHeader | RejectedSignature {
  if (value.length > maxLength) return malformed(`is longer than ${maxLength} characters`);
  const algorithm = algorithmOf(value);
  if (algorithm === undefined) {
    const message = `the authorization header has to use ${hmacAlgorithm} or ${ecdsaAlgorithm}`;
    return incompleteSignature("unsupported-algorithm", message);
  }
  const parts = splitParts(value, algorithm.length + 1);
  if (typeof parts === "string") return malformed(parts);
  const { credential, signedHeaders, signature } = parts;
  const scope = parseCredential(credential, algorithm);
  if (scope === undefined) return malformed("needs a `Credential` of the form `key/date/region/service/aws4_request`");
  const isSignature = algorithm === hmacAlgorithm ? hmacSignature.test(signature) : ecdsaSignature.test(signature);
  if (!isSignature) return malformed("needs a `Signature` of lower-case hex digits");
  return { kind: "parsed", algorithm, ...scope, signedHeaders, signature };
}

const hmacSignature = /^[0-9a-f]{64}$/;
const ecdsaSignature = /^(?:[0-9a-f]{2}){8,72}$/;

function malformed(problem: string): RejectedSignature {
  return incompleteSignature("malformed-authorization", `the authorization header ${problem}`);
}

function algorithmOf(value: string): AuthorizationHeader["algorithm"] | undefined {
  if (value.startsWith("AWS4-HMAC-SHA256 ")) return hmacAlgorithm;
  if (value.startsWith("AWS4-ECDSA-P256-SHA256 ")) return ecdsaAlgorithm;
  return undefined;
}

interface Parts {
  credential: string;
  signedHeaders: string;
  signature: string;
}

/** @returns the three parts, or what is wrong with them */
function splitParts(value: string, start: number): Parts | string {
  const parts: Parts = { credential: "", signedHeaders: "", signature: "" };
  for (let from = start; from <= value.length; ) {
    const comma = value.indexOf(",", from);
    const end = comma === -1 ? value.length : comma;
    while (from < end && isBlank(value.charCodeAt(from))) from++;
    let to = end;
    while (to > from && isBlank(value.charCodeAt(to - 1))) to--;
    const name = partAt(value, from);
    if (name === undefined) return "may have the parts `Credential`, `SignedHeaders` and `Signature` only";
    if (parts[name] !== "") return `has \`${partNames[name]}\` twice`;
    parts[name] = value.slice(from + partNames[name].length + 1, to);
    from = end + 1;
  }
  for (const name of allParts) if (parts[name] === "") return `needs \`${partNames[name]}\``;
  return parts;
}

const partNames = { credential: "Credential", signedHeaders: "SignedHeaders", signature: "Signature" } as const;
const allParts = ["credential", "signedHeaders", "signature"] as const;

function partAt(value: string, at: number): keyof Parts | undefined {
  if (value.startsWith("Credential=", at)) return "credential";
  if (value.startsWith("SignedHeaders=", at)) return "signedHeaders";
  if (value.startsWith("Signature=", at)) return "signature";
  return undefined;
}

function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x09;
}

type CredentialScope = Pick<AuthorizationHeader, "accessKeyId" | "date" | "region" | "service">;

const hmacCredential = /^([\w.-]{1,128})\/([0-9]{8})\/([a-z0-9-]{1,64})\/([a-z0-9-]{1,64})\/aws4_request$/;
const ecdsaCredential = /^([\w.-]{1,128})\/([0-9]{8})\/([a-z0-9-]{1,64})\/aws4_request$/;

function parseCredential(text: string, algorithm: AuthorizationHeader["algorithm"]): CredentialScope | undefined {
  if (algorithm === hmacAlgorithm) {
    const match = hmacCredential.exec(text);
    if (match === null) return undefined;
    return {
      accessKeyId: match[1] as string,
      date: match[2] as string,
      region: match[3] as string,
      service: match[4] as string,
    };
  }
  const match = ecdsaCredential.exec(text);
  if (match === null) return undefined;
  return { accessKeyId: match[1] as string, date: match[2] as string, region: "", service: match[3] as string };
}
