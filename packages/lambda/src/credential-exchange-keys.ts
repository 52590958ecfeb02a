import { type ConfigStore, headerValue, type Logger } from "@pergola/core";
import type { Keyring } from "@pergola/iam";
import type { Api } from "./api.ts";
import type { Router } from "./router.ts";
import type { SessionKeys } from "./session-keys.ts";

/** Session keys that have to be fetched. */
export interface FetchedSessionKeys extends SessionKeys {
  /** Fetches them where that is due. Never rejects: without keys, sessions are refused. */
  refresh(): Promise<void>;
}

interface LoadedKeyring {
  current(): Keyring | undefined;
  load(signal: AbortSignal): Promise<Keyring>;
}

export interface SessionKeysOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly connection: { readonly region: string; readonly endpoint?: string };
  readonly store: Pick<ConfigStore, "get">;
  readonly logger: Logger;
}

/** Milliseconds that a request waits for the keys: one read and, at a cold start, one Decrypt. */
const refreshTimeout = 3_000;

/** @returns the keys that the credential exchange seals with, which the key of PERGOLA_KMS_KEY_ID wraps; none where it is not set */
export function openSessionKeys({ env, connection, store, logger }: SessionKeysOptions): FetchedSessionKeys {
  const keyId = env.PERGOLA_KMS_KEY_ID;
  if (!keyId) return { current: () => undefined, refresh: async () => undefined };
  let opening: Promise<LoadedKeyring> | undefined;
  let opened: LoadedKeyring | undefined;
  const open = async (): Promise<LoadedKeyring> => {
    const { createKmsKeyring } = await import("./adapters/keyring-client.ts");
    opened = createKmsKeyring({ kms: connection, keyId, store, logger });
    return opened;
  };
  return {
    current: () => opened?.current(),
    async refresh() {
      opening ??= open();
      try {
        await (await opening).load(AbortSignal.timeout(refreshTimeout));
      } catch (error) {
        logger.error("there are no session keys: requests of sessions are refused", { error });
      }
    },
  };
}

const tokenHeader = "x-amz-security-token";

/** @returns the router, with the keys looked after before each request that carries a session token */
export function withSessionKeys(router: Router, keys: FetchedSessionKeys): Router {
  return {
    async answer(request, output, remainingMs) {
      const begun = Date.now();
      if (headerValue(request.head.rawHeaders, tokenHeader) !== undefined) await keys.refresh();
      return router.answer(request, output, remainingMs - (Date.now() - begun));
    },
  };
}

/** @returns the API, likewise */
export function withSessionKeysOfApi(api: Api, keys: FetchedSessionKeys): Api {
  return {
    async answer(event) {
      // Function URLs give header names in lower case. Source: Lambda developer guide, payload format 2.0, read 2026-11.
      if (event.headers?.[tokenHeader] !== undefined) await keys.refresh();
      return api.answer(event);
    },
  };
}
