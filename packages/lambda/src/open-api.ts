import { createAwsTargetDirectory, createDynamoStore } from "@pergola/aws";
import { systemClock, systemIds } from "@pergola/core";
import type { ApiPorts } from "./api.ts";
import { createJsonLogger } from "./json-logger.ts";
import { sessionCredentialSource, sessionKeysFrom } from "./session-keys.ts";
import { readLambdaSettings } from "./settings.ts";

/**
 * Opens what the API of this environment stands on; nothing is sent before the first request.
 * @throws LambdaSettingsError when the environment is not usable
 */
export function openApiPorts(env: Readonly<Record<string, string | undefined>>): ApiPorts {
  const { table, region, endpoint, accountId, domain, adminPrincipals } = readLambdaSettings(env);
  const connection = { region, ...(endpoint === undefined ? {} : { endpoint }) };
  const logger = createJsonLogger();
  return {
    store: createDynamoStore({ client: connection, table, logger }),
    clock: systemClock,
    ids: systemIds,
    logger,
    // The router is on Lambda too: 127.0.0.1 is its runtime's own.
    settings: { domain, defaultAccount: accountId, defaultRegion: region, settleMs: 0, refuseLoopbackTargets: true },
    targets: createAwsTargetDirectory({ connection, logger }),
    region,
    credentials: sessionCredentialSource(sessionKeysFrom(env.PERGOLA_SESSION_KEYS)),
    adminPrincipals,
  };
}
