import { createPrivateKey, type KeyObject, X509Certificate } from "node:crypto";
import { createSecureContext } from "node:tls";
import { invalidFields } from "@pergola/core";
import type { Certificate } from "./certificate.ts";

/** What an import brings, as PEM texts. */
export interface CertificateParts {
  readonly certificate: string;
  readonly privateKey: string;
  readonly chain?: string;
}

export type CertificateFacts = Omit<
  Certificate,
  "id" | "arn" | "account" | "region" | "sealedKey" | "importedAt" | "tags"
>;

const maxChain = 10;
const maxNames = 100;
const name =
  /^(?=.{1,253}$)(?:\*\.)?[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)*$/;

/**
 * Checks that a certificate can be served with its key.
 * @returns what it says
 * @throws LatticeError ValidationException that names the part and never repeats it
 */
export function readCertificate(
  { certificate: pem, privateKey, chain }: CertificateParts,
  now: Date,
): CertificateFacts {
  const [leaf, ...more] = readPems(pem, "Certificate", 2);
  if (leaf === undefined || more.length > 0)
    throw refused("Certificate", "must be one certificate; others go into CertificateChain");
  const authorities = chain === undefined ? [] : readPems(chain, "CertificateChain", maxChain);
  requireLinked([leaf, ...authorities]);
  const key = readKey(privateKey);
  if (!leaf.checkPrivateKey(key)) throw refused("PrivateKey", "must belong to the certificate");
  const keyAlgorithm = keyAlgorithmOf(leaf.publicKey);
  const { validFromDate, validToDate } = leaf;
  if (validFromDate > now)
    throw refused("Certificate", `must be valid already; it is from ${validFromDate.toISOString()}`);
  if (validToDate <= now) throw refused("Certificate", `must not have ended; it has at ${validToDate.toISOString()}`);
  requireServable(leaf, key);
  return {
    certificate: leaf.toString(),
    ...(authorities.length === 0 ? {} : { chain: authorities.map(String).join("") }),
    names: namesOf(leaf),
    subject: oneLine(leaf.subject),
    issuer: oneLine(leaf.issuer),
    serial: (leaf.serialNumber.toLowerCase().match(/../g) ?? []).join(":"),
    keyAlgorithm,
    ...(leaf.signatureAlgorithm === undefined ? {} : { signatureAlgorithm: leaf.signatureAlgorithm }),
    notBefore: validFromDate.toISOString(),
    notAfter: validToDate.toISOString(),
  };
}

function refused(member: string, message: string): Error {
  return invalidFields([{ name: member, message }]);
}

function readPems(text: string, member: string, max: number): X509Certificate[] {
  const blocks = text.match(/-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]{1,65536}-----END CERTIFICATE-----/g) ?? [];
  const rest = blocks.reduce((left, block) => left.replace(block, ""), text);
  if (blocks.length === 0 || blocks.length > max || rest.trim() !== "")
    throw refused(member, "must be certificates in PEM and nothing else");
  try {
    return blocks.map((block) => new X509Certificate(block));
  } catch {
    throw refused(member, "cannot be read: it is no X.509 certificate");
  }
}

/** INVARIANT: no error here carries a cause. OpenSSL's could be printed with its input, which is the key. */
function readKey(pem: string): KeyObject {
  if (/ENCRYPTED/.test(pem)) throw refused("PrivateKey", "must not be encrypted: take its passphrase off first");
  try {
    return createPrivateKey(pem);
  } catch {
    throw refused("PrivateKey", "cannot be read: it must be a private key in PEM");
  }
}

function requireLinked(chain: readonly X509Certificate[]): void {
  for (const [index, one] of chain.slice(0, -1).entries()) {
    const issuer = chain[index + 1];
    if (issuer !== undefined && one.checkIssued(issuer) && one.verify(issuer.publicKey)) continue;
    throw refused(
      "CertificateChain",
      `must begin with the issuer of the certificate and go on with theirs; certificate ${index + 1} is not it`,
    );
  }
}

/** Source of the names: ACM API reference, KeyAlgorithm, read 2026-11. */
const curves: Readonly<Record<string, string>> = {
  prime256v1: "EC_prime256v1",
  secp384r1: "EC_secp384r1",
  secp521r1: "EC_secp521r1",
};

function keyAlgorithmOf({ asymmetricKeyType, asymmetricKeyDetails = {} }: KeyObject): string {
  const { modulusLength, namedCurve = "" } = asymmetricKeyDetails;
  if (asymmetricKeyType === "rsa" && [2048, 3072, 4096].includes(modulusLength ?? 0)) return `RSA_${modulusLength}`;
  const curve = asymmetricKeyType === "ec" && Object.hasOwn(curves, namedCurve) ? curves[namedCurve] : undefined;
  if (curve !== undefined) return curve;
  throw refused("Certificate", "must have a key of RSA 2048, 3072 or 4096, or of the curves P-256, P-384 or P-521");
}

function namesOf({ subject, subjectAltName = "" }: X509Certificate): string[] {
  const common = /(?:^|\n)CN=([^\n]{1,253})/.exec(subject)?.[1] ?? "";
  const alternatives = subjectAltName
    .split(", ")
    .flatMap((entry) => (entry.startsWith("DNS:") ? [entry.slice(4)] : []));
  const names = [...new Set([common, ...alternatives].map((one) => one.toLowerCase()))].filter((one) => name.test(one));
  // Clients look at the alternative names where there are any.
  const covered =
    alternatives.length === 0 ? names : names.filter((one) => alternatives.some((a) => a.toLowerCase() === one));
  if (covered.length === 0 || covered.length > maxNames)
    throw refused("Certificate", `must be for 1 to ${maxNames} domain names, is for ${covered.length}`);
  return covered;
}

/** OpenSSL has the last word: it refuses weak signatures, for one. */
function requireServable(leaf: X509Certificate, key: KeyObject): void {
  try {
    createSecureContext({
      cert: leaf.toString(),
      key: key.export({ type: "pkcs8", format: "pem" }),
      minVersion: "TLSv1.2",
    });
  } catch {
    throw refused("Certificate", "cannot be served by TLS 1.2 or later: its signature or key is too weak");
  }
}

function oneLine(distinguishedName: string): string {
  return distinguishedName.split("\n").reverse().join(", ").slice(0, 1024);
}
