import type { DeploySettings } from "./deploy-settings.ts";

/** What is kept encrypted in the table: the keys of session tokens, and those of imported certificates' private keys. */
export type Keyring = "session" | "certificates";

/**
 * The KMS key that wraps the keyrings of the table, where anything needs one: sessions have to be given by the exchange. No key is in
 * the configuration of a function, and none in SST's state.
 */
export function identity({ exchangeAccounts }: DeploySettings) {
  if (exchangeAccounts === undefined) return undefined;
  const key = new aws.kms.Key(
    "IdentityKey",
    {
      description: `Pergola (${$app.stage}): wraps the keys of session tokens and imported certificates`,
      enableKeyRotation: true,
      deletionWindowInDays: 30,
    },
    { retainOnDelete: $app.removal === "retain" },
  );
  new aws.kms.Alias("IdentityKeyAlias", { name: `alias/${$app.name}-${$app.stage}-identity`, targetKeyId: key.keyId });
  return { key };
}

export type Identity = ReturnType<typeof identity>;

/** @returns environment and statement of a function that reads these keyrings; nothing where there is no KMS key */
export function opensKeyrings(identity: Identity, ...keyrings: readonly Keyring[]) {
  return keyringAccess(identity, ["kms:Decrypt"], keyrings);
}

/** @returns the same of a function that also makes and rotates them */
export function makesKeyrings(identity: Identity, ...keyrings: readonly Keyring[]) {
  return keyringAccess(identity, ["kms:Decrypt", "kms:GenerateDataKey"], keyrings);
}

interface KeyringAccess {
  readonly environment: Readonly<Record<string, $util.Output<string>>>;
  readonly permissions: sst.aws.FunctionPermissionArgs[];
}

function keyringAccess(identity: Identity, actions: string[], keyrings: readonly Keyring[]): KeyringAccess {
  if (identity === undefined || keyrings.length === 0) return { environment: {}, permissions: [] };
  // The context of each data key is its ring's name: a function opens no ring that it is not named for.
  const inContext = { test: "StringEquals", variable: "kms:EncryptionContext:pergola:keyring", values: [...keyrings] };
  return {
    environment: { PERGOLA_KMS_KEY_ID: identity.key.arn },
    permissions: [{ actions, resources: [identity.key.arn], conditions: [inContext] }],
  };
}
