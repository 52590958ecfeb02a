import type { DeploySettings } from "./deploy-settings.ts";

/** What is kept encrypted in the table: the keys of session tokens, and those of imported certificates' private keys. */
export type Keyring = "session" | "certificates";

/**
 * The KMS key that wraps the keyrings of the table, where anything needs one: sessions are given by the exchange, and imported
 * certificates served by gateways. No key is in the configuration of a function, and none in SST's state.
 */
export function identity({ exchangeAccounts, gateway }: DeploySettings) {
  if (exchangeAccounts === undefined && gateway === undefined) return undefined;
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

export interface KeyringUse {
  /** Keyrings that a function reads. */
  readonly opens?: readonly Keyring[];
  /** Keyrings that it reads, makes and rotates. */
  readonly makes?: readonly Keyring[];
}

interface KeyringAccess {
  readonly environment: Readonly<Record<string, $util.Output<string>>>;
  readonly permissions: sst.aws.FunctionPermissionArgs[];
}

/** @returns environment and statements of a function that uses keyrings; nothing where there is no KMS key */
export function usesKeyrings(identity: Identity, { opens = [], makes = [] }: KeyringUse): KeyringAccess {
  if (identity === undefined || opens.length + makes.length === 0) return { environment: {}, permissions: [] };
  const { arn } = identity.key;
  // The context of each data key is its ring's name: a function opens no ring that it is not named for.
  const allow = (action: string, keyrings: readonly Keyring[]): sst.aws.FunctionPermissionArgs[] => {
    const inContext = {
      test: "StringEquals",
      variable: "kms:EncryptionContext:pergola:keyring",
      values: [...keyrings],
    };
    return keyrings.length === 0 ? [] : [{ actions: [action], resources: [arn], conditions: [inContext] }];
  };
  return {
    environment: { PERGOLA_KMS_KEY_ID: arn },
    permissions: [...allow("kms:Decrypt", [...opens, ...makes]), ...allow("kms:GenerateDataKey", makes)],
  };
}
