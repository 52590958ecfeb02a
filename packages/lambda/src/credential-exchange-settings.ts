import { problemsOfMappings, readRoleArn, type WebIdentityMapping } from "@pergola/iam";
import { LambdaSettingsError } from "./settings.ts";

/** What the stacks decide about the credential exchange, beside the table. `docs/identity.md` lists the variables. */
export interface ExchangeSettings {
  /** DynamoDB table. */
  readonly table: string;
  readonly region: string;
  /** Base URL of a server that speaks the AWS APIs; absent for AWS itself. */
  readonly endpoint?: string;
  readonly audience: string;
  readonly accounts: readonly string[] | "any";
  /** Organization ids by account, where the stack knows them. */
  readonly organizations: Readonly<Record<string, string>>;
  /** Origins. */
  readonly stsEndpoints: readonly string[];
  /** Id, ARN or alias of the KMS key that wraps the session keys. */
  readonly kmsKeyId: string;
  /** Seconds. */
  readonly maxSeconds: number;
  /** Whose web identity tokens are taken; absent: nobody's. */
  readonly webIdentity?: readonly WebIdentityMapping[];
}

type Env = Readonly<Record<string, string | undefined>>;

const account = /^(\d{12})(?:\/(o-[a-z0-9]{10,32}))?$/;
const origin = /^(https:\/\/[a-z0-9.-]{1,200}(:\d{1,5})?|http:\/\/(127\.0\.0\.1|localhost):\d{1,5})$/;

/**
 * Reads the settings of the credential exchange.
 * @throws LambdaSettingsError that names every bad variable and what would be right
 */
export function readExchangeSettings(env: Env): ExchangeSettings {
  const problems: string[] = [];
  const text = (name: string, fallback: string, pattern: RegExp, right: string): string => {
    const value = env[name] || fallback;
    if (!pattern.test(value)) problems.push(`${name} has to ${right}, not \`${value}\``);
    return value;
  };
  const region = text("PERGOLA_REGION", env.AWS_REGION ?? "", /^[a-z]{2}(-[a-z]+)+-\d$/, "be a region");
  const accounts = readAccounts(env.PERGOLA_EXCHANGE_ACCOUNTS ?? "", problems);
  const stsEndpoints = (env.PERGOLA_EXCHANGE_STS_ENDPOINTS || stsEndpointOf(region)).split(",");
  for (const one of stsEndpoints) {
    if (!origin.test(one)) problems.push(`PERGOLA_EXCHANGE_STS_ENDPOINTS has to list origins, not \`${one}\``);
  }
  const endpoint = env.PERGOLA_AWS_ENDPOINT;
  const settings: ExchangeSettings = {
    table: text("PERGOLA_TABLE", "", /^[A-Za-z0-9_.-]{3,255}$/, "name the DynamoDB table"),
    region,
    audience: text("PERGOLA_EXCHANGE_AUDIENCE", "", /^[\x21-\x7e]{1,256}$/, "name this deployment, without spaces"),
    ...accounts,
    stsEndpoints,
    kmsKeyId: text("PERGOLA_KMS_KEY_ID", "", /^[\w:/-]{1,2048}$/, "name the KMS key that wraps the session keys"),
    maxSeconds: readSeconds(env.PERGOLA_EXCHANGE_MAX_SECONDS || "3600", problems),
    ...(endpoint ? { endpoint } : {}),
    ...readWebIdentity(env.PERGOLA_EXCHANGE_WEB_IDENTITY || undefined, accounts.accounts, problems),
  };
  if (problems.length > 0) throw new LambdaSettingsError(problems);
  return settings;
}

/** Regional: the global endpoint is one more region away. Source: STS user guide, "Regional endpoints", read 2026-11. */
function stsEndpointOf(region: string): string {
  return `https://sts.${region}.amazonaws.com${region.startsWith("cn-") ? ".cn" : ""}`;
}

function readAccounts(value: string, problems: string[]): Pick<ExchangeSettings, "accounts" | "organizations"> {
  if (value === "any") return { accounts: "any", organizations: {} };
  const accounts: string[] = [];
  const organizations: Record<string, string> = {};
  for (const part of value.split(",")) {
    const [, id, organization] = account.exec(part) ?? [];
    if (id === undefined) {
      problems.push(`PERGOLA_EXCHANGE_ACCOUNTS has to be any, or list <account> or <account>/<o-…>, not \`${part}\``);
    } else {
      accounts.push(id);
      if (organization !== undefined) organizations[id] = organization;
    }
  }
  return { accounts, organizations };
}

function readWebIdentity(
  value: string | undefined,
  accounts: ExchangeSettings["accounts"],
  problems: string[],
): Pick<ExchangeSettings, "webIdentity"> {
  if (value === undefined) return {};
  let mappings: unknown;
  try {
    mappings = JSON.parse(value);
  } catch {
    problems.push("PERGOLA_EXCHANGE_WEB_IDENTITY has to be JSON");
    return {};
  }
  const found = problemsOfMappings(mappings);
  problems.push(...found.map((problem) => `PERGOLA_EXCHANGE_WEB_IDENTITY${problem}`));
  if (found.length > 0) return {};
  const webIdentity = mappings as readonly WebIdentityMapping[];
  for (const { roleArn } of webIdentity) {
    if (accounts !== "any" && !accounts.includes(readRoleArn(roleArn).account))
      problems.push(`PERGOLA_EXCHANGE_WEB_IDENTITY has \`${roleArn}\`: name its account in PERGOLA_EXCHANGE_ACCOUNTS`);
  }
  return { webIdentity };
}

function readSeconds(value: string, problems: string[]): number {
  const seconds = /^\d{3,5}$/.test(value) ? Number(value) : 0;
  if (seconds >= 900 && seconds <= 43_200) return seconds;
  problems.push(`PERGOLA_EXCHANGE_MAX_SECONDS has to be seconds from 900 to 43200, not \`${value}\``);
  return 900;
}
