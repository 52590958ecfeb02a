import { createPrivateKey, X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { createSecureContext, type SecureContext } from "node:tls";
import type { Clock, Logger } from "@pergola/core";
import type { CertificateFiles } from "../config/certificates.ts";
import { fileStamp } from "../functions/file-stamp.ts";
import type { LeafCertificates } from "./leaf-certificates.ts";

export interface FileCertificates extends LeafCertificates {
  /** Stops looking at the files. */
  close(): void;
}

/** The files cannot be used. */
export class CertificateFileError extends Error {
  override readonly name = "CertificateFileError";
}

interface Loaded {
  readonly leaf: X509Certificate;
  readonly context: SecureContext;
}

interface Entry {
  readonly files: CertificateFiles;
  stamp: string;
  loaded: Loaded;
}

export interface FileCertificatePorts {
  readonly clock: Clock;
  readonly logger: Logger;
  /** @returns whether a service has the name, in lower case: others get no certificate */
  isServed(serverName: string): Promise<boolean>;
}

/** What is written to the files counts for handshakes this much later. */
const defaultPollMs = 1_000;

/**
 * Certificates from files, the first that covers the name and is in date. Files that change are read again; a state of them that
 * cannot be used, as in the middle of their replacement, is logged and the last good one stays.
 * @throws CertificateFileError when a file cannot be used at the start
 */
export function openFileCertificates(
  files: readonly CertificateFiles[],
  { clock, logger, isServed }: FileCertificatePorts,
  pollMs = defaultPollMs,
): FileCertificates {
  const entries: Entry[] = files.map((one) => ({ files: one, stamp: stampOf(one), loaded: load(one) }));
  const poll = setInterval(() => {
    for (const entry of entries) refresh(entry, logger);
  }, pollMs);
  poll.unref();
  if (entries.length === 0) clearInterval(poll);
  return {
    async contextFor(serverName) {
      const name = serverName.toLowerCase();
      const now = clock.now();
      const found = entries.find(({ loaded }) => covers(loaded.leaf, name, now));
      return found !== undefined && (await isServed(name)) ? found.loaded.context : undefined;
    },
    close: () => clearInterval(poll),
  };
}

/** @returns whether a certificate is for a name, at this moment */
export function covers(leaf: X509Certificate, name: string, now: Date): boolean {
  return leaf.validFromDate <= now && now < leaf.validToDate && leaf.checkHost(name) !== undefined;
}

function refresh(entry: Entry, logger: Logger): void {
  const stamp = stampOf(entry.files);
  if (stamp === entry.stamp) return;
  entry.stamp = stamp;
  const { certificate } = entry.files;
  try {
    entry.loaded = load(entry.files);
    logger.info("a certificate was read again", { certificate, until: entry.loaded.leaf.validTo });
  } catch (error) {
    logger.error("a certificate has changed and cannot be used, the one before stays", { error: String(error) });
  }
}

function stampOf({ certificate, key }: CertificateFiles): string {
  return `${fileStamp(certificate)} ${fileStamp(key)}`;
}

function load(files: CertificateFiles): Loaded {
  return loadCertificate(read(files.certificate), read(files.key), files);
}

/**
 * @param cert the certificate, and those that lead from it to its authority, in PEM
 * @param pem its private key
 * @param files what messages call the two
 * @throws CertificateFileError when they are none, or do not belong together
 */
export function loadCertificate(cert: string, pem: string, { certificate, key }: CertificateFiles): Loaded {
  let leaf: X509Certificate;
  let matches: boolean;
  try {
    leaf = new X509Certificate(cert);
    matches = leaf.checkPrivateKey(createPrivateKey(pem));
  } catch (error) {
    // Without `cause`: OpenSSL's error could be printed with its input, which is the key.
    const { code = "unreadable" } = error as NodeJS.ErrnoException;
    throw new CertificateFileError(`${certificate} and ${key} are no certificate and key in PEM (${code})`);
  }
  if (!matches) throw new CertificateFileError(`${key} is not the key of the certificate in ${certificate}`);
  return { leaf, context: createSecureContext({ cert, key: pem, minVersion: "TLSv1.2" }) };
}

function read(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw new CertificateFileError(`the certificate file ${file} cannot be read (${code})`, { cause });
  }
}
