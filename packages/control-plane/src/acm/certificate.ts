import { type Key, owners, partitionOf, type Scope } from "@pergola/core";

/** An imported certificate, as stored. Times are ISO 8601. */
export interface Certificate extends Scope {
  readonly id: string;
  readonly arn: string;
  /** PEM of the one certificate. */
  readonly certificate: string;
  /** PEM of the authorities between it and its root, in order. */
  readonly chain?: string;
  /** Opened by the deployment's own key only. */
  readonly sealedKey: string;
  /** In lower case, the subject's first; at least one. */
  readonly names: readonly string[];
  readonly subject: string;
  readonly issuer: string;
  readonly serial: string;
  /** As ACM calls it: `RSA_2048`, `EC_prime256v1`. */
  readonly keyAlgorithm: string;
  readonly signatureAlgorithm?: string;
  readonly notBefore: string;
  readonly notAfter: string;
  readonly importedAt: string;
  readonly tags: Readonly<Record<string, string>>;
}

/** @returns where a certificate is */
export function certificateKey(scope: Scope, id: string): Key {
  return { owner: owners.certificates(scope), id };
}

/** @returns a certificate's ARN */
export function certificateArn({ account, region }: Scope, id: string): string {
  return `arn:${partitionOf(region)}:acm:${region}:${account}:certificate/${id}`;
}

/** @returns account, region and id of a certificate's ARN, or undefined when it is none */
export function parseCertificateArn(arn: string): (Scope & { readonly id: string }) | undefined {
  const match = /^arn:aws[a-z-]{0,32}:acm:([a-z0-9-]{1,64}):(\d{12}):certificate\/([0-9a-z-]{1,128})$/.exec(arn);
  const [, region = "", account = "", id = ""] = match ?? [];
  return match === null ? undefined : { account, region, id };
}

/**
 * @param name in lower case
 * @returns how well a certificate's names cover one: 2 by itself, 1 by a wildcard for its first label, 0 not at all
 */
export function coverage({ names }: Pick<Certificate, "names">, name: string): 0 | 1 | 2 {
  if (names.includes(name)) return 2;
  const dot = name.indexOf(".");
  return dot > 0 && names.includes(`*${name.slice(dot)}`) ? 1 : 0;
}

/** @returns whether a certificate is valid at `now` */
export function isInDate({ notBefore, notAfter }: Certificate, now: Date): boolean {
  const time = now.toISOString();
  return notBefore <= time && time < notAfter;
}
