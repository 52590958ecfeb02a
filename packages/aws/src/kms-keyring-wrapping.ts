import type { KMSClient } from "@aws-sdk/client-kms";
import { type AwsConnection, clientSettings, lazy } from "./aws-connection.ts";

/** Makes and unwraps data keys; the key that wraps them never leaves KMS. */
export interface KeyWrapping {
  /** @returns a fresh data key of 32 bytes, plain and wrapped */
  generate(signal: AbortSignal): Promise<{ readonly plain: Uint8Array; readonly wrapped: Uint8Array }>;
  /** @throws when KMS does not, e.g. because the key was wrapped by another or for another use */
  unwrap(wrapped: Uint8Array, signal: AbortSignal): Promise<Uint8Array>;
  close(): Promise<void>;
}

/**
 * @param given a client, which stays the caller's to destroy, or how to make one at the first use
 * @param keyId id, ARN or alias of a symmetric KMS key
 * @param ringName encryption context: CloudTrail names it, key policies can ask for it, and another's data key does not open
 */
export function kmsWrapping(given: KMSClient | AwsConnection, keyId: string, ringName: string): KeyWrapping {
  const EncryptionContext = { "pergola:keyring": ringName };
  const client =
    "send" in given
      ? { get: async () => given, destroy: async () => undefined }
      : lazy(async () => {
          const { KMSClient } = await import("@aws-sdk/client-kms");
          return new KMSClient(clientSettings(given, { requestMs: 3_000, maxAttempts: 2 }));
        });
  return {
    async generate(abortSignal) {
      const { GenerateDataKeyCommand } = await import("@aws-sdk/client-kms");
      const command = new GenerateDataKeyCommand({ KeyId: keyId, KeySpec: "AES_256", EncryptionContext });
      const { Plaintext, CiphertextBlob } = await (await client.get()).send(command, { abortSignal });
      if (Plaintext?.length !== 32 || CiphertextBlob === undefined) throw new Error("KMS gave no data key");
      return { plain: Plaintext, wrapped: CiphertextBlob };
    },
    async unwrap(CiphertextBlob, abortSignal) {
      const { DecryptCommand } = await import("@aws-sdk/client-kms");
      // INVARIANT (KeyId): without it KMS would open with whichever key the text names, an attacker's too.
      const command = new DecryptCommand({ KeyId: keyId, CiphertextBlob, EncryptionContext });
      const { Plaintext } = await (await client.get()).send(command, { abortSignal });
      if (Plaintext?.length !== 32) throw new Error("KMS did not unwrap the data key");
      return Plaintext;
    },
    close: client.destroy,
  };
}
