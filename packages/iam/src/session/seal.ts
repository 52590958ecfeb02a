import type { Keyring } from "./keyring.ts";

// Not imported: docs/lambda.md, "Bundles".
const { createCipheriv, createDecipheriv, randomBytes } = process.getBuiltinModule("node:crypto");

/**
 * Sealed text: version (1 byte), key id (4), nonce (12), tag (16), ciphertext; base64url. AES-256-GCM with version, key id and
 * purpose as associated data, so that nothing sealed for one use opens for another.
 */
const version = 1;
const headerLength = 5;
const nonceLength = 12;
const tagLength = 16;
const overhead = headerLength + nonceLength + tagLength;

/** Longest sealed text that is looked at, in characters; request headers are limited to 60 KB in all. */
export const maxSealedLength = 16_384;

/** @param purpose what the sealed bytes are for; the same is needed to open them */
export function seal(keyring: Keyring, purpose: string, plain: Uint8Array): string {
  const [current] = keyring.keys;
  if (current === undefined) throw new Error("the keyring has no key");
  const header = Buffer.concat([Buffer.from([version]), Buffer.from(current.id, "hex")]);
  const nonce = randomBytes(nonceLength);
  const cipher = createCipheriv("aes-256-gcm", current.key, nonce, { authTagLength: tagLength });
  cipher.setAAD(Buffer.concat([header, Buffer.from(purpose)]));
  const body = Buffer.concat([cipher.update(plain), cipher.final()]);
  return Buffer.concat([header, nonce, cipher.getAuthTag(), body]).toString("base64url");
}

/** @returns the plain bytes, or undefined when the text was not sealed by one of these keys for this purpose, or was changed */
export function unseal(keyring: Keyring, purpose: string, sealed: string): Buffer | undefined {
  if (sealed.length > maxSealedLength || !/^[A-Za-z0-9_-]+$/.test(sealed)) return undefined;
  const bytes = Buffer.from(sealed, "base64url");
  // One text for one sealing: base64url's unused last bits must be zero, or altered tokens would still open.
  if (bytes.length < overhead || bytes[0] !== version || bytes.toString("base64url") !== sealed) return undefined;
  const header = bytes.subarray(0, headerLength);
  const id = header.subarray(1).toString("hex");
  const key = keyring.keys.find((candidate) => candidate.id === id);
  if (key === undefined) return undefined;
  const nonce = bytes.subarray(headerLength, headerLength + nonceLength);
  const decipher = createDecipheriv("aes-256-gcm", key.key, nonce, { authTagLength: tagLength });
  decipher.setAAD(Buffer.concat([header, Buffer.from(purpose)]));
  decipher.setAuthTag(bytes.subarray(headerLength + nonceLength, overhead));
  try {
    return Buffer.concat([decipher.update(bytes.subarray(overhead)), decipher.final()]);
  } catch {
    return undefined;
  }
}
