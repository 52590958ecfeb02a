import { randomBytes, webcrypto } from "node:crypto";
import "reflect-metadata";
import {
  BasicConstraintsExtension,
  cryptoProvider,
  SubjectAlternativeNameExtension,
  X509CertificateGenerator,
} from "@peculiar/x509";

cryptoProvider.set(webcrypto as unknown as Parameters<typeof cryptoProvider.set>[0]);

const algorithms = {
  rsa: {
    name: "RSASSA-PKCS1-v1_5",
    modulusLength: 2048,
    publicExponent: new Uint8Array([1, 0, 1]),
    hash: "SHA-256",
  },
  weak: {
    name: "RSASSA-PKCS1-v1_5",
    modulusLength: 1024,
    publicExponent: new Uint8Array([1, 0, 1]),
    hash: "SHA-256",
  },
  ec: { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" },
} as const;

/** A certificate with its key, PEM. */
export interface TestCertificate {
  readonly certificate: string;
  readonly privateKey: string;
  readonly keys: webcrypto.CryptoKeyPair;
  readonly algorithm: keyof typeof algorithms;
  readonly subject: string;
}

export interface CertificateChoices {
  readonly algorithm?: keyof typeof algorithms;
  /** Default: self-signed. */
  readonly issuer?: TestCertificate;
  /** Days from now. */
  readonly from?: number;
  readonly to?: number;
}

/** @returns a certificate for the names; an authority when there are none */
export async function makeCertificate(
  names: readonly string[],
  { algorithm = "rsa", issuer, from = -1, to = 30 }: CertificateChoices = {},
): Promise<TestCertificate> {
  const keys = (await webcrypto.subtle.generateKey(algorithms[algorithm], true, [
    "sign",
    "verify",
  ])) as webcrypto.CryptoKeyPair;
  const subject = names.length === 0 ? `CN=authority ${randomBytes(4).toString("hex")}` : `CN=${names[0]}`;
  const made = await X509CertificateGenerator.create({
    serialNumber: `4${randomBytes(15).toString("hex")}0`,
    subject,
    issuer: issuer?.subject ?? subject,
    notBefore: new Date(Date.now() + from * 86_400_000),
    notAfter: new Date(Date.now() + to * 86_400_000),
    signingAlgorithm: algorithms[issuer?.algorithm ?? algorithm],
    publicKey: keys.publicKey,
    signingKey: (issuer?.keys ?? keys).privateKey,
    extensions: [
      new BasicConstraintsExtension(names.length === 0, undefined, true),
      ...(names.length === 0
        ? []
        : [new SubjectAlternativeNameExtension(names.map((value) => ({ type: "dns" as const, value })))]),
    ],
  });
  const der = Buffer.from(await webcrypto.subtle.exportKey("pkcs8", keys.privateKey)).toString("base64");
  const privateKey = `-----BEGIN PRIVATE KEY-----\n${der.replace(/.{1,64}/g, "$&\n")}-----END PRIVATE KEY-----\n`;
  return { certificate: `${made.toString("pem")}\n`, privateKey, keys, algorithm, subject };
}
