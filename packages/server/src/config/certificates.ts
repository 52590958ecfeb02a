import { dirname, resolve } from "node:path";
import type { StrictReader } from "./strict-reader.ts";

/** A certificate in files. Paths are absolute. */
export interface CertificateFiles {
  /** PEM: the certificate, and those that lead from it to its authority. */
  readonly certificate: string;
  /** PEM, without a passphrase. */
  readonly key: string;
}

const maxCertificates = 1_000;
const path = /^[^\0]{1,4096}$/;

/**
 * @param configFile what relative paths are relative to
 * @returns the member `certificates`: `[{ "certificate": "orders.pem", "key": "orders-key.pem" }]`
 */
export function readCertificates(reader: StrictReader, value: unknown, configFile: string): CertificateFiles[] {
  return reader.array(value, "certificates", maxCertificates).flatMap((entry, index) => {
    const at = `certificates[${index}]`;
    const files = reader.object(entry, at, ["certificate", "key"]);
    const certificate = files && reader.text(files.certificate, `${at}.certificate`, path, "be the path of a file");
    const key = files && reader.text(files.key, `${at}.key`, path, "be the path of a file");
    if (certificate === undefined || key === undefined) return [];
    const absolute = (file: string): string => resolve(dirname(configFile), file);
    return [{ certificate: absolute(certificate), key: absolute(key) }];
  });
}
