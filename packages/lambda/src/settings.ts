import type { SourceVpc } from "@pergola/core";

/** What the stacks decide about the entries, by environment variables. `docs/lambda.md` lists them. */
export interface LambdaSettings {
  /** DynamoDB table. */
  readonly table: string;
  readonly region: string;
  /** Base URL of a server that speaks the AWS APIs; absent for AWS itself. */
  readonly endpoint?: string;
  /** Twelve digits. */
  readonly accountId: string;
  /** Suffix of generated DNS names. */
  readonly domain: string;
  /** The VPC that callers of the router are in; `any`: inside whichever is associated; `none`: in none, so everything is a 404. */
  readonly sourceVpc: SourceVpc | "any" | "none";
  /** Whether the host is taken from X-Forwarded-Host, where it is there: only behind something that always writes it. */
  readonly trustForwardedHost: boolean;
  /** The listener that requests count as coming in on; absent: as X-Forwarded-Proto and -Port of the load balancer say. */
  readonly listener?: { readonly protocol: "HTTP" | "HTTPS"; readonly port: number };
  /** Milliseconds for which configuration counts as fresh. */
  readonly configurationTtl: number;
  /** DNS server of domain verifications, an IP address with or without port; absent: the system's. */
  readonly dnsServer?: string;
  /** SQS queue of access records; absent: they go to the destinations directly. */
  readonly recordQueueUrl?: string;
  /** Principals that may sign for the control plane themselves, beside callers that Lambda has verified. */
  readonly adminPrincipals: readonly string[];
}

type Env = Readonly<Record<string, string | undefined>>;

/** The environment is not usable; `problems` has one sentence for each bad variable. */
export class LambdaSettingsError extends Error {
  override readonly name = "LambdaSettingsError";
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(problems.join("; "));
    this.problems = problems;
  }
}

const region = /^[a-z]{2}(-[a-z]+)+-\d$/;
const tableName = /^[A-Za-z0-9_.-]{3,255}$/;
const domainName = /^[a-z0-9]([a-z0-9.-]{0,200}[a-z0-9])?$/;
const dnsServer =
  /^(\d{1,3}(\.\d{1,3}){3}(:\d{1,5})?|\[[0-9a-fA-F:]{2,45}\](:\d{1,5})?|[0-9a-fA-F]{0,4}:[0-9a-fA-F:]{1,45})$/;
const vpc = /^(vpc-[0-9a-f]{8,17})\/(\d{12})$/;
const listener = /^(HTTPS?):(\d{1,5})$/;
const principalArn = /^arn:aws[a-z-]*:(iam|sts)::\d{12}:[\w+=,.@/-]{1,512}$/;

/**
 * Reads the settings.
 * @throws LambdaSettingsError that names every bad variable and what would be right
 */
export function readLambdaSettings(env: Env): LambdaSettings {
  const problems: string[] = [];
  const text = (name: string, fallback: string | undefined, pattern: RegExp, right: string): string => {
    const value = env[name] ?? fallback ?? "";
    if (!pattern.test(value)) problems.push(`${name} has to ${right}, not \`${value}\``);
    return value;
  };
  const endpoint = env.PERGOLA_AWS_ENDPOINT;
  const queue = env.PERGOLA_RECORD_QUEUE_URL;
  for (const [name, value] of Object.entries({ PERGOLA_AWS_ENDPOINT: endpoint, PERGOLA_RECORD_QUEUE_URL: queue })) {
    if (value !== undefined && !/^https?:\/\/[^\s]+$/.test(value))
      problems.push(`${name} has to be a URL, not \`${value}\``);
  }
  const served = env.PERGOLA_LISTENER === undefined ? undefined : readListener(env.PERGOLA_LISTENER, problems);
  const settings: LambdaSettings = {
    table: text("PERGOLA_TABLE", undefined, tableName, "name the DynamoDB table"),
    region: text("PERGOLA_REGION", env.AWS_REGION, region, "be a region such as us-west-2"),
    accountId: text("PERGOLA_ACCOUNT_ID", undefined, /^\d{12}$/, "be twelve digits"),
    domain: text("PERGOLA_DOMAIN", "on.aws", domainName, "be a DNS suffix in lower case"),
    sourceVpc: readSourceVpc(env.PERGOLA_SOURCE_VPC ?? "none", problems),
    trustForwardedHost: readFlag("PERGOLA_TRUST_FORWARDED_HOST", env, problems),
    configurationTtl: Number(
      text("PERGOLA_CONFIGURATION_TTL_MS", "5000", /^[1-9]\d{1,5}$/, "be milliseconds from 10 to 999999"),
    ),
    adminPrincipals: readPrincipals(env.PERGOLA_ADMIN_PRINCIPALS ?? "", problems),
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(env.PERGOLA_DNS_SERVER === undefined
      ? {}
      : {
          dnsServer: text(
            "PERGOLA_DNS_SERVER",
            undefined,
            dnsServer,
            "be an IP address, with a port where it is not 53",
          ),
        }),
    ...(queue === undefined ? {} : { recordQueueUrl: queue }),
    ...(served === undefined ? {} : { listener: served }),
  };
  if (problems.length > 0) throw new LambdaSettingsError(problems);
  return settings;
}

function readFlag(name: string, env: Env, problems: string[]): boolean {
  const value = env[name] ?? "0";
  if (value !== "0" && value !== "1") problems.push(`${name} has to be 0 or 1, not \`${value}\``);
  return value === "1";
}

function readSourceVpc(value: string, problems: string[]): LambdaSettings["sourceVpc"] {
  if (value === "any" || value === "none") return value;
  const [, vpcId, account] = vpc.exec(value) ?? [];
  if (vpcId !== undefined && account !== undefined) return { vpcId, account };
  problems.push(`PERGOLA_SOURCE_VPC has to be any, none or vpc-…/<owner account>, not \`${value}\``);
  return "none";
}

function readListener(value: string, problems: string[]): LambdaSettings["listener"] {
  const [, protocol, port] = listener.exec(value) ?? [];
  if ((protocol === "HTTP" || protocol === "HTTPS") && Number(port) > 0 && Number(port) < 65_536) {
    return { protocol, port: Number(port) };
  }
  problems.push(`PERGOLA_LISTENER has to be protocol and port such as HTTPS:443, not \`${value}\``);
  return undefined;
}

function readPrincipals(value: string, problems: string[]): readonly string[] {
  const arns = value.split(",").filter((arn) => arn !== "");
  for (const arn of arns) {
    if (!principalArn.test(arn)) problems.push(`PERGOLA_ADMIN_PRINCIPALS has to list principal ARNs, not \`${arn}\``);
  }
  return arns;
}
