import { createKmsKeyring } from "@pergola/aws";
import type { Keyring } from "@pergola/iam";
import { onTestFinished } from "vitest";
import { type KmsRequest, localKms } from "../../packages/aws/test/local-kms.ts";
import { region, type Scene } from "./scene.ts";

/** What the entries have to be told of the key. */
export const kmsEnvironment = { PERGOLA_KMS_KEY_ID: "alias/pergola" };

/**
 * Puts a KMS into the scene, and the keyring of sessions into its table as the credential exchange does.
 * @returns the ring
 */
export async function openSessionRing({ aws, endpoint, store }: Scene): Promise<Keyring> {
  const answer = localKms();
  for (const operation of ["GenerateDataKey", "Decrypt"]) {
    aws.operations.set(
      `TrentService.${operation}`,
      (input) =>
        answer(operation, input as unknown as KmsRequest) ?? {
          status: 400,
          body: { __type: "InvalidCiphertextException" },
        },
    );
  }
  const keyring = createKmsKeyring({
    kms: { region, endpoint, credentials: { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "secret" } },
    keyId: kmsEnvironment.PERGOLA_KMS_KEY_ID,
    store,
    writer: store,
    logger: { info: () => undefined, warn: () => undefined },
  });
  onTestFinished(() => keyring.close());
  return keyring.load(AbortSignal.timeout(10_000));
}
