import type { KmsKeyringOptions } from "@pergola/aws";
import { type ConfigStore, type Logger, systemClock } from "@pergola/core";
import type { Keyring, SessionKeys } from "@pergola/iam";

/** Keys that have to be fetched. */
export interface FetchedKeys extends SessionKeys {
  /**
   * Fetches them where that is due. Afterwards there may be none: those who make them have made none yet.
   * @throws what the store or KMS says, when that is why there are none; the log has it too
   */
  refresh(): Promise<void>;
}

interface LoadedKeyring {
  current(): Keyring | undefined;
  load(signal: AbortSignal): Promise<Keyring>;
  /** Whether an error of `load` says that no keys were made yet. */
  isEmpty(error: unknown): boolean;
}

export interface KeysOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly connection: { readonly region: string; readonly endpoint?: string };
  readonly store: Pick<ConfigStore, "get">;
  readonly logger: Logger;
}

/** Milliseconds that a request waits for the keys: one read and, at a cold start, one Decrypt. */
const refreshTimeout = 3_000;
const noKeys: FetchedKeys = { current: () => undefined, refresh: async () => undefined };

/** @returns the keys that the credential exchange seals with, which the key of PERGOLA_KMS_KEY_ID wraps; none where it is not set */
export function openSessionKeys({ env, connection, store, logger }: KeysOptions): FetchedKeys {
  const keyId = env.PERGOLA_KMS_KEY_ID;
  if (!keyId) return noKeys;
  const open = (): Promise<LoadedKeyring> => openKeyring({ kms: connection, keyId, store, clock: systemClock, logger });
  return fetchedKeys(open, (error) =>
    logger.error("there are no session keys: requests of sessions are refused", { error }),
  );
}

/**
 * @returns the keys that private keys of imported certificates are sealed with; the first import makes them, and they stay. undefined
 * where PERGOLA_KMS_KEY_ID is not set
 */
export function openCertificateKeys(
  { env, connection, logger }: KeysOptions,
  store: Pick<ConfigStore, "get" | "transact">,
): FetchedKeys | undefined {
  const keyId = env.PERGOLA_KMS_KEY_ID;
  if (!keyId) return undefined;
  const times = { rotateAfterMs: Number.POSITIVE_INFINITY, keepMs: Number.POSITIVE_INFINITY };
  const settings = { keyId, store, writer: store, name: "certificates", times };
  const open = (): Promise<LoadedKeyring> => openKeyring({ kms: connection, ...settings, clock: systemClock, logger });
  return fetchedKeys(open, (error) =>
    logger.error("there are no keys to seal certificates with: imports fail", { error }),
  );
}

async function openKeyring(options: KmsKeyringOptions): Promise<LoadedKeyring> {
  const { createKmsKeyring, NoKeysYet } = await import("./adapters/keyring-client.ts");
  return { ...createKmsKeyring(options), isEmpty: (error) => error instanceof NoKeysYet };
}

/** @returns keys whose client is loaded when they are first needed */
function fetchedKeys(open: () => Promise<LoadedKeyring>, onFailure: (error: unknown) => void): FetchedKeys {
  let opening: Promise<LoadedKeyring> | undefined;
  let opened: LoadedKeyring | undefined;
  return {
    current: () => opened?.current(),
    async refresh() {
      opening ??= open();
      opened = await opening;
      try {
        await opened.load(AbortSignal.timeout(refreshTimeout));
      } catch (error) {
        onFailure(error);
        // Where it only took too long to read them anew, those that are known stay in force.
        if (opened.current() === undefined && !opened.isEmpty(error)) throw error;
      }
    },
  };
}
