import { createKmsKeyring, type KmsKeyring } from "@pergola/aws";
import { systemClock } from "@pergola/core";
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
export async function openSessionRing(scene: Scene): Promise<Keyring> {
  const answer = localKms();
  for (const operation of ["GenerateDataKey", "Decrypt"]) {
    scene.aws.operations.set(
      `TrentService.${operation}`,
      (input) =>
        answer(operation, input as unknown as KmsRequest) ?? {
          status: 400,
          body: { __type: "InvalidCiphertextException" },
        },
    );
  }
  return openRing(scene, "session").load(AbortSignal.timeout(10_000));
}

/** @returns a keyring of the scene's table, as whoever may make its keys has it */
export function openRing({ endpoint, store }: Scene, name: string): KmsKeyring {
  const keyring = createKmsKeyring({
    kms: { region, endpoint, credentials: { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "secret" } },
    keyId: kmsEnvironment.PERGOLA_KMS_KEY_ID,
    store,
    writer: store,
    name,
    clock: systemClock,
    logger: { info: () => undefined, warn: () => undefined },
  });
  onTestFinished(() => keyring.close());
  return keyring;
}
