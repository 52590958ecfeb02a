import { randomBytes, webcrypto } from "node:crypto";
import { isIP } from "node:net";
import "reflect-metadata";
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  cryptoProvider,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509Certificate,
  X509CertificateGenerator,
} from "@peculiar/x509";

/** A certificate and its private key, both PEM; the key is PKCS #8. */
export interface KeyPair {
  readonly certificate: string;
  readonly key: string;
}

/** What is in a certificate's key. Clients of TLS 1.2 get RSA, whose cipher suites are those that VPC Lattice has. */
type KeyKind = "ecdsa" | "rsa";

const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;
const rsaAlgorithm = {
  name: "RSASSA-PKCS1-v1_5",
  modulusLength: 2048,
  publicExponent: new Uint8Array([1, 0, 1]),
  hash: "SHA-256",
} as const;
const dayMs = 86_400_000;

/** Clients whose clocks are behind by less than this accept a fresh certificate. */
const backdateMs = 3_600_000;

cryptoProvider.set(webcrypto as unknown as Parameters<typeof cryptoProvider.set>[0]);

/**
 * @returns a new authority for ten years: ECDSA P-256, for leaf certificates only. It carries no name constraints, since custom
 * domain names can be any; what keeps it harmless is that its key never leaves the data directory.
 */
export async function issueAuthority(now: Date): Promise<KeyPair> {
  const keys = await newKeys();
  const label = randomBytes(3).toString("hex");
  const certificate = await X509CertificateGenerator.createSelfSigned({
    serialNumber: serialNumber(),
    name: [{ CN: [`Pergola local CA ${label}`] }, { O: ["Pergola"] }],
    notBefore: new Date(now.getTime() - backdateMs),
    notAfter: new Date(now.getTime() + 3_650 * dayMs),
    signingAlgorithm: algorithm,
    keys,
    extensions: [
      new BasicConstraintsExtension(true, 0, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
      await SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return { certificate: certificate.toString("pem"), key: await pkcs8(keys.privateKey) };
}

/**
 * @param name the one DNS name of the certificate
 * @param days how long it is valid
 * @param kind of the certificate's key
 * @returns a server certificate signed by the authority, and when it ends
 */
export async function issueLeaf(
  authority: KeyPair,
  name: string,
  now: Date,
  days: number,
  kind: KeyKind = "ecdsa",
): Promise<KeyPair & { notAfter: Date }> {
  const issuer = new X509Certificate(authority.certificate);
  const signingKey = await webcrypto.subtle.importKey("pkcs8", pemBytes(authority.key), algorithm, false, ["sign"]);
  const keys = await (kind === "rsa" ? rsaKeys() : newKeys());
  const notAfter = new Date(now.getTime() + days * dayMs);
  const certificate = await X509CertificateGenerator.create({
    serialNumber: serialNumber(),
    issuer: issuer.subjectName,
    // A common name holds 64 characters at most (RFC 5280, ub-common-name); clients look at the alternative name only.
    subject: [{ O: ["Pergola"] }],
    notBefore: new Date(now.getTime() - backdateMs),
    notAfter,
    signingAlgorithm: algorithm,
    publicKey: keys.publicKey,
    signingKey,
    extensions: [
      new BasicConstraintsExtension(false, undefined, true),
      new KeyUsagesExtension(
        // Suites without ECDHE encrypt to the key of the certificate. RFC 5246 §7.4.2.
        kind === "rsa"
          ? KeyUsageFlags.digitalSignature | KeyUsageFlags.keyEncipherment
          : KeyUsageFlags.digitalSignature,
        true,
      ),
      new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth]),
      new SubjectAlternativeNameExtension([{ type: isIP(name) === 0 ? "dns" : "ip", value: name }]),
      await SubjectKeyIdentifierExtension.create(keys.publicKey),
      await AuthorityKeyIdentifierExtension.create(issuer.publicKey),
    ],
  });
  return { certificate: certificate.toString("pem"), key: await pkcs8(keys.privateKey), notAfter };
}

async function newKeys(): Promise<webcrypto.CryptoKeyPair> {
  return await webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
}

let sharedRsaKeys: Promise<webcrypto.CryptoKeyPair> | undefined;

/**
 * Takes a tenth of a second, so that all certificates of the process have the same; it is nowhere but in memory.
 * @returns the key, which begins to be made at the first call
 */
export function rsaKeys(): Promise<webcrypto.CryptoKeyPair> {
  sharedRsaKeys ??= webcrypto.subtle.generateKey(rsaAlgorithm, true, ["sign", "verify"]);
  return sharedRsaKeys;
}

/** Positive and 16 bytes long. */
function serialNumber(): string {
  const bytes = randomBytes(16);
  bytes[0] = ((bytes[0] ?? 0) & 0x3f) | 0x40;
  return bytes.toString("hex");
}

async function pkcs8(key: webcrypto.CryptoKey): Promise<string> {
  const base64 = Buffer.from(await webcrypto.subtle.exportKey("pkcs8", key)).toString("base64");
  return `-----BEGIN PRIVATE KEY-----\n${base64.replace(/.{1,64}/g, "$&\n")}-----END PRIVATE KEY-----\n`;
}

const pemBytes = (pem: string): Buffer => Buffer.from(pem.replace(/-----[A-Z ]+-----/g, ""), "base64");
