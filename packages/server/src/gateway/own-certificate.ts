import { createPrivateKey, X509Certificate } from "node:crypto";
import { readFile } from "node:fs/promises";
import { createSecureContext, type SecureContext } from "node:tls";
import type { Clock, Logger } from "@pergola/core";
import type { LeafCertificates } from "../tls/leaf-certificates.ts";

/** What the operator gave is no certificate with its key. */
export class OwnCertificateError extends Error {
  override readonly name = "OwnCertificateError";
}

export interface OwnCertificateOptions {
  /** Files in PEM, read anew every minute. */
  readonly files: readonly string[];
  /** PEM in place of files. */
  readonly pem?: string;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Default a minute. Milliseconds. */
  readonly rereadMs?: number;
}

export interface OwnCertificate extends LeafCertificates {
  close(): void;
}

interface Loaded {
  readonly certificate: X509Certificate;
  readonly context: SecureContext;
  readonly pem: string;
}

const certificateBlock = /-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g;
const keyBlock = /-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----[\s\S]*?-----END (?:[A-Z]+ )?PRIVATE KEY-----/;
/** Bytes; a chain of ten certificates is a third of it. */
const maxPem = 128 * 1024;
const week = 7 * 86_400_000;

/**
 * The operator's own certificate, for the names that it is for. Whoever renews the files is noticed; while they hold nothing usable, the
 * certificate before goes on.
 * @throws OwnCertificateError when there is none to begin with
 */
export async function openOwnCertificate(options: OwnCertificateOptions): Promise<OwnCertificate> {
  const { files, pem, clock, logger, rereadMs = 60_000 } = options;
  let loaded = load(pem ?? (await readAll(files)));
  const warnOfEnd = (): void => {
    const left = Date.parse(loaded.certificate.validTo) - clock.now().getTime();
    if (left < week) logger.warn("the certificate ends soon", { validTo: loaded.certificate.validTo });
  };
  const reread = async (): Promise<void> => {
    const text = await readAll(files);
    if (text === loaded.pem) return;
    loaded = load(text);
    logger.info("the certificate was read anew", { validTo: loaded.certificate.validTo });
  };
  const timer =
    pem === undefined
      ? setInterval(() => {
          reread().then(warnOfEnd, (error: unknown) =>
            logger.error("the certificate cannot be read: the one before goes on", { error }),
          );
        }, rereadMs).unref()
      : undefined;
  warnOfEnd();
  return {
    async contextFor(serverName) {
      return loaded.certificate.checkHost(serverName, { subject: "never" }) === undefined ? undefined : loaded.context;
    },
    close: () => clearInterval(timer),
  };
}

async function readAll(files: readonly string[]): Promise<string> {
  const texts = await Promise.all(
    files.map((file) =>
      readFile(file, "utf8").catch((cause: unknown) => {
        throw new OwnCertificateError(`\`${file}\` cannot be read: ${(cause as Error).message}`, { cause });
      }),
    ),
  );
  return texts.join("\n");
}

function load(pem: string): Loaded {
  if (pem.length > maxPem) throw new OwnCertificateError(`the certificate has more than ${maxPem} characters`);
  const chain = pem.match(certificateBlock) ?? [];
  const [first] = chain;
  const [key] = keyBlock.exec(pem) ?? [];
  if (first === undefined) throw new OwnCertificateError("there is no certificate in PEM: begin with the server's own");
  if (key === undefined) throw new OwnCertificateError("there is no private key in PEM, without a passphrase");
  try {
    const certificate = new X509Certificate(first);
    if (!certificate.checkPrivateKey(createPrivateKey(key)))
      throw new OwnCertificateError("the private key is not that of the first certificate");
    if (certificate.subjectAltName === undefined)
      throw new OwnCertificateError("the certificate has no subject alternative names");
    const context = createSecureContext({ cert: chain.join("\n"), key, minVersion: "TLSv1.2" });
    return { certificate, context, pem };
  } catch (cause) {
    if (cause instanceof OwnCertificateError) throw cause;
    throw new OwnCertificateError(`the certificate or its key cannot be read: ${(cause as Error).message}`, { cause });
  }
}
