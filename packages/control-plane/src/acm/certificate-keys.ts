import { type Keyring, seal, unseal } from "@pergola/iam";

const purpose = "certificate-key";

/** @returns how private keys of imported certificates are sealed for the store, and opened again */
export function createCertificateKeys(keyring: Keyring): {
  sealKey(pem: string): string;
  openKey(sealed: string): string | undefined;
} {
  return {
    sealKey: (pem) => seal(keyring, purpose, Buffer.from(pem)),
    openKey: (sealed) => unseal(keyring, purpose, sealed)?.toString("utf8"),
  };
}
