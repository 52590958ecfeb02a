import { createAwsTargetDirectory, createDynamoStore } from "@pergola/aws";
import { apiOfRequest, createCertificateKeys } from "@pergola/control-plane";
import { createJsonLogger, headerValue, systemClock, systemIds } from "@pergola/core";
import { claimsSession, sessionCredentialSource } from "@pergola/iam";
import { type Api, type ApiPorts, createApi } from "./api.ts";
import { type FetchedKeys, openCertificateKeys, openSessionKeys } from "./credential-exchange-keys.ts";
import { readLambdaSettings } from "./settings.ts";

/**
 * Opens the API of this environment; nothing is sent before the first request.
 * @throws LambdaSettingsError when the environment is not usable
 */
export function openApi(env: Readonly<Record<string, string | undefined>>): Api {
  const { table, region, endpoint, accountId, domain, adminPrincipals } = readLambdaSettings(env);
  const connection = { region, ...(endpoint === undefined ? {} : { endpoint }) };
  const logger = createJsonLogger();
  const store = createDynamoStore({ client: connection, table, logger });
  const keys = openSessionKeys({ env, connection, store, logger });
  const certificateKeys = openCertificateKeys({ env, connection, store, logger }, store);
  return createApi({
    store,
    clock: systemClock,
    ids: systemIds,
    logger,
    // The router is on Lambda too: 127.0.0.1 is its runtime's own.
    settings: { domain, defaultAccount: accountId, defaultRegion: region, settleMs: 0, refuseLoopbackTargets: true },
    targets: createAwsTargetDirectory({ connection, clock: systemClock, logger }),
    region,
    credentials: sessionCredentialSource(keys),
    credentialsReady: ({ rawHeaders }) => (claimsSession(rawHeaders) ? keys.refresh() : undefined),
    adminPrincipals,
    ...(certificateKeys === undefined ? {} : importsCertificates(certificateKeys)),
  });
}

/** The parts of the API that keep private keys: theirs are fetched before an import. */
function importsCertificates(keys: FetchedKeys): Pick<ApiPorts, "certificates" | "prepare"> {
  return {
    certificates: { sealKey: (pem) => createCertificateKeys(keys.current() ?? { keys: [] }).sealKey(pem) },
    async prepare(request) {
      const target = headerValue(request.rawHeaders, "x-amz-target") ?? "";
      if (apiOfRequest(request) === "acm" && target.endsWith(".ImportCertificate")) await keys.refresh();
    },
  };
}
