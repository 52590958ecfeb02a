import { createDynamoStore, createKmsKeyring, createStsVerifier } from "@pergola/aws";
import { type Clock, createJsonLogger, type Logger, systemClock } from "@pergola/core";
import {
  createCredentialExchange,
  createStoreReplayGuard,
  type ExchangeHttpRequest,
  exchangeRoute,
} from "@pergola/iam";
import { readExchangeSettings } from "./credential-exchange-settings.ts";
import type { FunctionUrlEvent } from "./events/function-url-event.ts";
import type { UrlResult } from "./events/url-result.ts";

/** What answers the exchange's function URL. */
export type ExchangeAnswer = (event: FunctionUrlEvent, signal: AbortSignal) => Promise<UrlResult>;

/**
 * Opens the credential exchange of this environment; nothing is sent before the first request.
 * @throws LambdaSettingsError when the environment is not usable
 */
export function openExchange(
  env: Readonly<Record<string, string | undefined>>,
  { clock = systemClock, logger = createJsonLogger() }: { readonly clock?: Clock; readonly logger?: Logger } = {},
): ExchangeAnswer {
  const settings = readExchangeSettings(env);
  const { region, endpoint, table, organizations } = settings;
  const connection = { region, ...(endpoint === undefined ? {} : { endpoint }) };
  const store = createDynamoStore({ client: connection, table, clock, logger });
  const { audience, accounts, stsEndpoints, maxSeconds, webIdentity: mappings, kmsKeyId: keyId } = settings;
  const keyring = createKmsKeyring({ kms: connection, keyId, store, writer: store, clock, logger });
  const route = exchangeRoute(
    createCredentialExchange({
      audience,
      accounts,
      stsEndpoints,
      maxSeconds,
      clock,
      logger,
      sts: createStsVerifier(),
      replayGuard: createStoreReplayGuard(store),
      keyring: keyring.load,
      ...(mappings === undefined ? {} : { webIdentity: { mappings } }),
      detailsOf({ account }) {
        const orgId = organizations[account];
        return orgId === undefined ? undefined : { orgId };
      },
    }),
  );
  return async (event, signal) => {
    const { status, headers, body } = await route(readEvent(event), signal);
    return { statusCode: status, headers, cookies: [], body, isBase64Encoded: false };
  };
}

function readEvent({ requestContext, headers = {}, body, isBase64Encoded }: FunctionUrlEvent): ExchangeHttpRequest {
  // Function URLs give header names in lower case. Source: Lambda developer guide, payload format 2.0, read 2026-11.
  return {
    method: requestContext.http.method,
    contentType: headers["content-type"],
    body: Buffer.from(body ?? "", isBase64Encoded === true ? "base64" : "utf8"),
  };
}
