import type { Clock } from "@pergola/core";
import { CertificateFileError, covers, loadCertificate } from "../tls/file-certificates.ts";
import type { LeafCertificates } from "../tls/leaf-certificates.ts";

const certificateBlock = /-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g;
const keyBlock = /-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----[\s\S]*?-----END (?:[A-Z]+ )?PRIVATE KEY-----/;
/** Characters; a chain of ten certificates is a third of it. */
const maxPem = 128 * 1024;
const variable = "PERGOLA_TLS_PEM";

/**
 * A certificate from one text: itself, those that lead from it to its authority, and its private key, in any order.
 * @param isServed whether a service has a name, in lower case: others get no certificate
 * @throws CertificateFileError when there is no certificate with its key; nothing of the text is in its message
 */
export function pemCertificate(
  pem: string,
  clock: Clock,
  isServed: (serverName: string) => Promise<boolean>,
): LeafCertificates {
  if (pem.length > maxPem) throw new CertificateFileError(`${variable} has more than ${maxPem} characters`);
  const chain = pem.match(certificateBlock);
  if (chain === null) throw new CertificateFileError(`${variable} has no certificate in PEM`);
  const [key] = keyBlock.exec(pem) ?? [];
  if (key === undefined) throw new CertificateFileError(`${variable} has no private key in PEM without a passphrase`);
  const loaded = loadCertificate(chain.join("\n"), key, { certificate: variable, key: variable });
  return {
    async contextFor(serverName) {
      const name = serverName.toLowerCase();
      return covers(loaded.leaf, name, clock.now()) && (await isServed(name)) ? loaded.context : undefined;
    },
  };
}
