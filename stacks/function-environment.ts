import type { DeploySettings } from "./deploy-settings.ts";
import type { Identity } from "./identity.ts";
import { privateSuffix } from "./service-domain.ts";
import type { Table } from "./storage.ts";

export interface FunctionBase {
  readonly settings: DeploySettings;
  readonly table: Table;
  readonly identity: Identity;
}

/** What every function of Pergola is told; `docs/lambda.md` lists the variables. */
export function functionEnvironment(settings: DeploySettings, table: Table) {
  return {
    PERGOLA_TABLE: table.name,
    PERGOLA_ACCOUNT_ID: aws.getCallerIdentityOutput().accountId,
    PERGOLA_DOMAIN: settings.domain?.name ?? privateSuffix,
  };
}

/** The `vpc` argument of functions that reach targets. */
export function functionNetwork({ network }: DeploySettings) {
  if (network === undefined) return {};
  return { vpc: { privateSubnets: [...network.subnetIds], securityGroups: [...network.securityGroupIds] } };
}
