import type { DeploySettings } from "./deploy-settings.ts";

/**
 * The keys that session tokens are sealed with, and the KMS key that keeps them unreadable in the functions' configuration. They are
 * made once and stay in SST's encrypted state.
 */
export function identity({ sessionKeyGeneration }: DeploySettings) {
  const key = new aws.kms.Key(
    "IdentityKey",
    {
      description: `Pergola (${$app.stage}): encrypts the keys of session tokens`,
      enableKeyRotation: true,
      deletionWindowInDays: 30,
    },
    { retainOnDelete: $app.removal === "retain" },
  );
  new aws.kms.Alias("IdentityKeyAlias", { name: `alias/${$app.name}-${$app.stage}-identity`, targetKeyId: key.keyId });
  // The first key seals; the one before still opens what it has sealed.
  const generations = [sessionKeyGeneration, sessionKeyGeneration - 1].filter((generation) => generation > 0);
  const sessionKeys = $util.all(
    generations.map((generation) => {
      const { base64 } = new random.RandomBytes(`SessionKey${generation}`, { length: 32 });
      return $interpolate`${generation.toString(16).padStart(8, "0")}:${base64}`;
    }),
  );
  return { key, sessionKeys: sessionKeys.apply((keys) => keys.join(",")) };
}

export type Identity = ReturnType<typeof identity>;
