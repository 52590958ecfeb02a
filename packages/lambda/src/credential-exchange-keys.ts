import { type ConfigStore, headerValue, type Logger, systemClock } from "@pergola/core";
import type { Keyring, SessionKeys } from "@pergola/iam";
import type { Api } from "./api.ts";
import type { Router } from "./router.ts";

/** Keys that have to be fetched. */
export interface FetchedKeys extends SessionKeys {
  /** Fetches them where that is due. Never rejects: there are none then, and the log says why. */
  refresh(): Promise<void>;
}

interface LoadedKeyring {
  current(): Keyring | undefined;
  load(signal: AbortSignal): Promise<Keyring>;
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
  const open = async (): Promise<LoadedKeyring> => {
    const { createKmsKeyring } = await import("./adapters/keyring-client.ts");
    return createKmsKeyring({ kms: connection, keyId, store, clock: systemClock, logger });
  };
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
  const open = async (): Promise<LoadedKeyring> => {
    const { createKmsKeyring } = await import("./adapters/keyring-client.ts");
    const times = { rotateAfterMs: Number.POSITIVE_INFINITY, keepMs: Number.POSITIVE_INFINITY };
    const settings = { keyId, store, writer: store, name: "certificates", times };
    return createKmsKeyring({ kms: connection, ...settings, clock: systemClock, logger });
  };
  return fetchedKeys(open, (error) =>
    logger.error("there are no keys to seal certificates with: imports fail", { error }),
  );
}

/** @returns keys whose client is loaded when they are first needed */
function fetchedKeys(open: () => Promise<LoadedKeyring>, onFailure: (error: unknown) => void): FetchedKeys {
  let opening: Promise<LoadedKeyring> | undefined;
  let opened: LoadedKeyring | undefined;
  return {
    current: () => opened?.current(),
    async refresh() {
      opening ??= open();
      try {
        opened = await opening;
        await opened.load(AbortSignal.timeout(refreshTimeout));
      } catch (error) {
        onFailure(error);
      }
    },
  };
}

const tokenHeader = "x-amz-security-token";

/** @returns the router, with the keys looked after before each request that carries a session token */
export function withSessionKeys(router: Router, keys: FetchedKeys): Router {
  return {
    async answer(request, output, context) {
      if (headerValue(request.head.rawHeaders, tokenHeader) !== undefined) await keys.refresh();
      return router.answer(request, output, context);
    },
  };
}

/** @returns the API, likewise */
export function withSessionKeysOfApi(api: Api, keys: FetchedKeys): Api {
  return {
    async answer(event) {
      // Function URLs give header names in lower case. Source: Lambda developer guide, payload format 2.0, read 2026-11.
      if (event.headers?.[tokenHeader] !== undefined) await keys.refresh();
      return api.answer(event);
    },
  };
}
