import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";

/** What KMS is asked, as far as keyrings do. */
export interface KmsRequest {
  readonly KeyId: string;
  readonly EncryptionContext: object;
  readonly CiphertextBlob?: string;
}

/**
 * KMS's part in keyrings: wraps data keys, bound to key id and encryption context.
 * @returns the answer to `GenerateDataKey` or `Decrypt`, or undefined where KMS would refuse
 */
export function localKms(): (operation: string, input: KmsRequest) => object | undefined {
  const key = randomBytes(32);
  return (operation, { KeyId, EncryptionContext, CiphertextBlob = "" }) => {
    const context = Buffer.from(JSON.stringify([KeyId, EncryptionContext]));
    if (operation === "GenerateDataKey") {
      const plain = randomBytes(32);
      const nonce = randomBytes(12);
      const cipher = createCipheriv("aes-256-gcm", key, nonce).setAAD(context);
      const body = Buffer.concat([cipher.update(plain), cipher.final()]);
      const wrapped = Buffer.concat([nonce, cipher.getAuthTag(), body]);
      return { KeyId, Plaintext: plain.toString("base64"), CiphertextBlob: wrapped.toString("base64") };
    }
    const wrapped = Buffer.from(CiphertextBlob, "base64");
    const decipher = createDecipheriv("aes-256-gcm", key, wrapped.subarray(0, 12)).setAAD(context);
    decipher.setAuthTag(wrapped.subarray(12, 28));
    try {
      const plain = Buffer.concat([decipher.update(wrapped.subarray(28)), decipher.final()]);
      return { KeyId, Plaintext: plain.toString("base64") };
    } catch {
      return undefined;
    }
  };
}
