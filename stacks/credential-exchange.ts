import { type FunctionBase, functionEnvironment } from "./function-environment.ts";
import { usesKeyrings } from "./identity.ts";
import { writesTable } from "./table-statements.ts";

/**
 * Where a caller proves an AWS identity once, by a GetCallerIdentity that it has signed for this deployment, and gets a session that
 * any SDK signs with. The URL is open: the proof is in the body, and a proof is taken once, hence the table.
 */
export function credentialExchange({ settings, table, identity }: FunctionBase, accounts: readonly string[]) {
  const { webIdentity } = settings;
  const keyrings = usesKeyrings(identity, { makes: ["session"] });
  const audience = exchangeAudience(settings.region);
  const { url } = new sst.aws.Function("CredentialExchange", {
    handler: "packages/lambda/src/credential-exchange.handler",
    description: "Pergola: sessions for AWS identities",
    memory: "512 MB",
    timeout: "30 seconds",
    url: { authorization: "none", cors: false },
    environment: {
      ...functionEnvironment(settings, table),
      ...keyrings.environment,
      PERGOLA_EXCHANGE_AUDIENCE: audience,
      PERGOLA_EXCHANGE_ACCOUNTS: accounts.join(","),
      ...(webIdentity === undefined ? {} : { PERGOLA_EXCHANGE_WEB_IDENTITY: JSON.stringify(webIdentity) }),
    },
    permissions: [writesTable(table), ...keyrings.permissions],
  });
  return { url, audience };
}

/** A proof for one deployment is none for another: no two have the same audience. */
function exchangeAudience(region: string) {
  return $interpolate`${$app.name}:${aws.getCallerIdentityOutput().accountId}:${region}:${$app.stage}`;
}
