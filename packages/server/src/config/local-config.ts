import { readFile, stat } from "node:fs/promises";
import { isIP } from "node:net";
import type { Credential, OidcProvider } from "@pergola/iam";
import { type CertificateFiles, readCertificates } from "./certificates.ts";
import { type Cidr, parseCidr } from "./cidr.ts";
import { type DatabaseEndpoint, readDatabases } from "./databases.ts";
import { readIdentity } from "./identity.ts";
import { readOidcProviders } from "./oidc-providers.ts";
import { type Organizations, readOrganizations } from "./organizations.ts";
import { readQuotas } from "./quotas.ts";
import { join, StrictReader } from "./strict-reader.ts";
import { readVpcEndpoints, type VpcEndpointEntry } from "./vpc-endpoints.ts";

/** What `pergola.json` says of the world around a local Pergola, checked. */
export interface LocalConfig {
  /** EC2 instance id → IP address. */
  readonly instances: ReadonlyMap<string, string>;
  /** Load balancer ARN → IP address or host name. */
  readonly loadBalancers: ReadonlyMap<string, string>;
  /** RDS database ARN → where it is. */
  readonly databases: ReadonlyMap<string, DatabaseEndpoint>;
  /** Certificates for names of services. */
  readonly certificates: readonly CertificateFiles[];
  /** Absent when the file names none: then every client counts as inside whichever VPC is associated. */
  readonly vpcs?: readonly VpcEntry[];
  readonly identities: readonly Credential[];
  /** OpenID Connect providers whose tokens AssumeRoleWithWebIdentity takes. */
  readonly oidcProviders: readonly OidcProvider[];
  /** Quota code → how many; codes that are not named are as AWS has them. */
  readonly quotas: Readonly<Record<string, number>>;
  readonly vpcEndpoints: readonly VpcEndpointEntry[];
  readonly organizations: Organizations;
}

export interface VpcEntry {
  readonly vpcId: string;
  readonly account: string;
  readonly cidrs: readonly Cidr[];
}

/** The file cannot be used; `problems` has one sentence for each fault, with the path of the member. */
export class LocalConfigError extends Error {
  override readonly name = "LocalConfigError";
  readonly problems: readonly string[];

  constructor(file: string, problems: readonly string[], options?: ErrorOptions) {
    super([`${file} cannot be used`, ...problems].join("\n  "), options);
    this.problems = problems;
  }
}

const maxFileBytes = 4 * 1024 * 1024;
const maxEntries = 10_000;

/**
 * Reads `pergola.json`.
 * @param required whether a missing file is an error
 * @param defaultAccount owner of VPCs that name none
 * @param warn told when others on this machine can read the secrets in it
 * @throws LocalConfigError
 */
export async function readLocalConfig(
  file: string,
  required: boolean,
  defaultAccount: string,
  warn: (message: string) => void,
): Promise<LocalConfig> {
  const text = await readConfigText(file, required);
  if (text === undefined) return parseLocalConfig("{}", file, defaultAccount);
  const config = parseLocalConfig(text.content, file, defaultAccount);
  if (config.identities.length > 0 && process.platform !== "win32" && (text.mode & 0o077) !== 0) {
    warn(`\`${file}\` holds secrets and others can read it: chmod 600 ${file}`);
  }
  return config;
}

/** @returns the text of the file, `{}` for one that is not there and need not be @throws LocalConfigError */
export async function readLocalConfigText(file: string, required: boolean): Promise<string> {
  return (await readConfigText(file, required))?.content ?? "{}";
}

async function readConfigText(file: string, required: boolean): Promise<{ content: string; mode: number } | undefined> {
  try {
    const { mode, size } = await stat(file);
    if (size > maxFileBytes) throw new LocalConfigError(file, [`is larger than ${maxFileBytes} bytes`]);
    return { content: await readFile(file, "utf8"), mode };
  } catch (error) {
    if (error instanceof LocalConfigError) throw error;
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" && !required) return undefined;
    const problem = code === "ENOENT" ? "there is no such file" : `cannot be read (${code})`;
    throw new LocalConfigError(file, [problem], { cause: error });
  }
}

/**
 * Checks the text of `pergola.json`.
 * @throws LocalConfigError with every fault
 */
export function parseLocalConfig(text: string, file: string, defaultAccount: string): LocalConfig {
  const reader = new StrictReader();
  const root = reader.object(parseJson(text, file), "pergola.json", [
    "instances",
    "loadBalancers",
    "databases",
    "certificates",
    "vpcs",
    "identities",
    "oidcProviders",
    "quotas",
    "vpcEndpoints",
    "organizations",
  ]);
  const instances = readAddresses(reader, root?.instances, "instances", /^i-[0-9a-f]{8,17}$/, "an instance id");
  const loadBalancers = readAddresses(reader, root?.loadBalancers, "loadBalancers", loadBalancerArn, "an ALB ARN");
  const databases = readDatabases(reader, root?.databases);
  const certificates = readCertificates(reader, root?.certificates, file);
  const vpcs = readVpcs(reader, root?.vpcs, defaultAccount);
  const identities = readIdentities(reader, root?.identities);
  const oidcProviders = readOidcProviders(reader, root?.oidcProviders);
  const quotas = readQuotas(reader, root?.quotas);
  const vpcEndpoints = readVpcEndpoints(reader, root?.vpcEndpoints, defaultAccount);
  const organizations = readOrganizations(reader, root?.organizations);
  if (reader.problems.length > 0) throw new LocalConfigError(file, reader.problems);
  return {
    instances,
    loadBalancers,
    databases,
    certificates,
    identities,
    oidcProviders,
    quotas,
    vpcEndpoints,
    organizations,
    ...(root?.vpcs === undefined ? {} : { vpcs }),
  };
}

/** The parser's own message quotes the text, which holds secrets: only the position is kept. */
function parseJson(text: string, file: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const position = /position \d+(?: \(line \d+ column \d+\))?/.exec((error as Error).message)?.[0] ?? "its end";
    throw new LocalConfigError(file, [`is not JSON: look at ${position}`]);
  }
}

const loadBalancerArn =
  /^arn:aws[a-z-]*:elasticloadbalancing:[a-z0-9-]+:\d{12}:loadbalancer\/app\/[A-Za-z0-9-]{1,32}\/[0-9a-f]{16}$/;
const hostName =
  /^(?=.{1,253}$)[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*$/;

function readAddresses(reader: StrictReader, value: unknown, path: string, keys: RegExp, what: string) {
  const addresses = new Map<string, string>();
  for (const [id, address] of reader.entries(value, path, maxEntries)) {
    const at = join(path, id);
    if (!keys.test(id)) reader.reject(at, `the name must be ${what}`);
    if (typeof address === "string" && (isIP(address) !== 0 || hostName.test(address))) addresses.set(id, address);
    else reader.reject(at, "must be an IP address or host name");
  }
  return addresses;
}

function readVpcs(reader: StrictReader, value: unknown, defaultAccount: string): VpcEntry[] {
  const seen = new Set<string>();
  return reader.array(value, "vpcs", 1_000).flatMap((entry, index) => {
    const path = `vpcs[${index}]`;
    const vpc = reader.object(entry, path, ["id", "account", "cidrs"]);
    if (vpc === undefined) return [];
    const vpcId = reader.text(vpc.id, `${path}.id`, /^vpc-[0-9a-z]{8,17}$/, "be a VPC id such as `vpc-0a1b2c3d`");
    const account = reader.text(vpc.account ?? defaultAccount, `${path}.account`, /^\d{12}$/, "be twelve digits");
    const texts = reader.array(vpc.cidrs ?? [], `${path}.cidrs`, 100);
    if (texts.length === 0) reader.reject(`${path}.cidrs`, "must name at least one CIDR");
    const cidrs = texts.flatMap((text, i) => {
      const cidr = parseCidr(text);
      return cidr ?? reader.reject(`${path}.cidrs[${i}]`, "must be a CIDR such as `127.0.1.0/24`") ?? [];
    });
    if (vpcId === undefined || account === undefined) return [];
    if (seen.has(vpcId)) reader.reject(`${path}.id`, "is given twice");
    seen.add(vpcId);
    return [{ vpcId, account, cidrs }];
  });
}

function readIdentities(reader: StrictReader, value: unknown): Credential[] {
  const seen = new Set<string>();
  return reader.array(value, "identities", maxEntries).flatMap((entry, index) => {
    const identity = readIdentity(reader, entry, `identities[${index}]`);
    if (identity === undefined) return [];
    if (seen.has(identity.accessKeyId)) reader.reject(`identities[${index}].accessKeyId`, "is given twice");
    seen.add(identity.accessKeyId);
    return [identity];
  });
}
