import { resolve } from "node:path";
import { type Cidr, cidrsRule, parseCidrs } from "./cidr.ts";
import { isLoopbackHost } from "./loopback.ts";
import {
  type Env,
  type Flags,
  type LogLevel,
  logLevels,
  regionPattern,
  SettingReader,
  SettingsError,
} from "./setting-reader.ts";

/** Everything that an operator can decide about a local Pergola. Paths are absolute. */
export interface Settings {
  /** 0 for any free port, as for the two below. */
  readonly apiPort: number;
  /** Where listener port 80 is served. */
  readonly httpPort: number;
  /** Where listener port 443 is served. */
  readonly httpsPort: number;
  /** Suffix of generated DNS names. */
  readonly domain: string;
  readonly dataDir: string;
  /** Account of callers whose access key is not known; twelve digits. */
  readonly accountId: string;
  readonly region: string;
  readonly functionsDir: string;
  /** Base URL of a Lambda Invoke API; when present the functions directory is not used. */
  readonly lambdaEndpoint?: string;
  readonly configFile: string;
  /** Whether the operator named `configFile`: then it has to exist. */
  readonly configFileGiven: boolean;
  readonly host: string;
  readonly requireAuth: boolean;
  /** How long a create or update shows as in progress, in milliseconds. */
  readonly settleMs: number;
  /** Requests a second for each service, and as many at once; 0 for no limit. */
  readonly serviceRate: number;
  /** Where domain verifications and resources are looked up, an IP address with or without port; default the system's servers. */
  readonly dnsServer?: string;
  /** Addresses of this machine, one for each resource that a network has; absent when nobody connects to resources. */
  readonly resourceCidr?: string;
  /** Load balancers that send a PROXY header of version 2; empty: nobody does. */
  readonly proxyProtocol: readonly Cidr[];
  readonly functionTimeoutMs: number;
  readonly functionMemoryMb: number;
  readonly logLevel: LogLevel;
  /** How many processes carry requests, beside the one with the API; absent: all is one process. */
  readonly workers?: number;
}

/**
 * Reads the settings; a flag wins over its environment variable, which wins over the default.
 * @param cwd what relative paths are relative to
 * @throws SettingsError that names every bad value, where it came from and what would be right
 */
export function loadSettings(env: Env, flags: Flags, cwd: string): Settings {
  const read = new SettingReader(env, flags);
  const endpoint = read.url("lambdaEndpoint");
  const dnsServer = read.socketAddress("dnsServer");
  const resourceCidr = read.text("resourceCidr", "127.77.0.0/16", cidrPattern, cidrRule);
  const settings: Settings = {
    apiPort: read.integer("apiPort", 7070, 0, 65_535),
    httpPort: read.integer("httpPort", 7080, 0, 65_535),
    httpsPort: read.integer("httpsPort", 7443, 0, 65_535),
    domain: read.text("domain", "localhost", domainPattern, "be a DNS suffix in lower case such as `localhost`"),
    dataDir: resolve(cwd, read.path("dataDir", ".pergola")),
    accountId: read.text("accountId", "123456789012", /^\d{12}$/, "be twelve digits"),
    region: read.text("region", "us-west-2", regionPattern, "be a region such as `us-west-2`"),
    functionsDir: resolve(cwd, read.path("functionsDir", "functions")),
    ...(endpoint === undefined ? {} : { lambdaEndpoint: endpoint }),
    ...(dnsServer === undefined ? {} : { dnsServer }),
    ...(read.given("workers") ? { workers: read.integer("workers", 1, 1, 64) } : {}),
    ...(resourceCidr === "none" ? {} : { resourceCidr }),
    proxyProtocol: read.parsed<readonly Cidr[]>("proxyProtocol", [], parseCidrs, cidrsRule),
    configFile: resolve(cwd, read.path("config", "pergola.json")),
    configFileGiven: read.given("config"),
    host: read.host("host", "127.0.0.1"),
    requireAuth: read.flag("requireAuth"),
    settleMs: read.integer("settleMs", 0, 0, 600_000),
    serviceRate: read.integer("serviceRate", 0, 0, 1_000_000),
    functionTimeoutMs: read.integer("functionTimeoutMs", 30_000, 1, 900_000),
    functionMemoryMb: read.integer("functionMemoryMb", 128, 32, 10_240),
    logLevel: read.oneOf("logLevel", "info", logLevels),
  };
  const problems = [...read.problems, ...crossChecks(settings)];
  if (problems.length > 0) throw new SettingsError(problems);
  return settings;
}

const domainPattern = /^(?=.{1,128}$)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*$/;

/** From 2 addresses to 16 million; what is no address is found out when the range is made. */
const cidrPattern = /^(?:none|(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?:\.(?!\/)|(?=\/))){4}\/(?:[89]|[12]\d|30))$/;
const cidrRule =
  "be `none`, or a range of IPv4 addresses of this machine such as `127.77.0.0/16`, with a prefix from 8 to 30";

function crossChecks({ host, requireAuth, apiPort, httpPort, httpsPort, resourceCidr }: Settings): string[] {
  const problems: string[] = [];
  if (!requireAuth && resourceCidr !== undefined && !resourceCidr.startsWith("127.")) {
    problems.push(
      `PERGOLA_RESOURCE_CIDR (--resource-cidr) is \`${resourceCidr}\`, which others can reach: add --require-auth, or use addresses that begin with 127`,
    );
  }
  if (!requireAuth && !isLoopbackHost(host)) {
    problems.push(
      `PERGOLA_HOST (--host) is \`${host}\`, which others can reach, and anyone could change the configuration: add --require-auth, or use 127.0.0.1`,
    );
  }
  const fixed = [apiPort, httpPort, httpsPort].filter((port) => port !== 0);
  if (new Set(fixed).size < fixed.length) {
    problems.push("PERGOLA_API_PORT, PERGOLA_HTTP_PORT and PERGOLA_HTTPS_PORT must differ: give each its own, or 0");
  }
  return problems;
}
