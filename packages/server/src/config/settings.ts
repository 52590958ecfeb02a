import { isIP } from "node:net";
import { resolve } from "node:path";
import { isLoopbackHost } from "./loopback.ts";

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
  /** Where domain verifications and resources are looked up, an IP address with or without port; default the system's servers. */
  readonly dnsServer?: string;
  /** Addresses of this machine, one for each resource that a network has; absent when nobody connects to resources. */
  readonly resourceCidr?: string;
  readonly functionTimeoutMs: number;
  readonly functionMemoryMb: number;
  readonly logLevel: LogLevel;
}

export type LogLevel = (typeof logLevels)[number];

const logLevels = ["error", "warn", "info"] as const;

/** The settings cannot be used; `problems` has one sentence for each bad one. */
export class SettingsError extends Error {
  override readonly name = "SettingsError";
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(problems.join("\n"));
    this.problems = problems;
  }
}

/** Flag values by flag name in camel case: `{ apiPort: "0", requireAuth: true }`. */
export type Flags = Readonly<Record<string, string | boolean | undefined>>;

type Env = Readonly<Record<string, string | undefined>>;

/**
 * Reads the settings; a flag wins over its environment variable, which wins over the default.
 * @param cwd what relative paths are relative to
 * @throws SettingsError that names every bad value, where it came from and what would be right
 */
export function loadSettings(env: Env, flags: Flags, cwd: string): Settings {
  const read = createReader(env, flags);
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
    ...(resourceCidr === "none" ? {} : { resourceCidr }),
    configFile: resolve(cwd, read.path("config", "pergola.json")),
    configFileGiven: read.given("config"),
    host: read.host("host", "127.0.0.1"),
    requireAuth: read.flag("requireAuth"),
    settleMs: read.integer("settleMs", 0, 0, 600_000),
    functionTimeoutMs: read.integer("functionTimeoutMs", 30_000, 1, 900_000),
    functionMemoryMb: read.integer("functionMemoryMb", 128, 32, 10_240),
    logLevel: read.oneOf("logLevel", "info", logLevels),
  };
  const problems = [...read.problems, ...crossChecks(settings)];
  if (problems.length > 0) throw new SettingsError(problems);
  return settings;
}

/** A region as it appears in ARNs and credential scopes. */
export const regionPattern = /^[a-z]{2}(?:-[a-z]{1,12}){1,3}-[0-9]{1,2}$/;

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

const variableOf = (name: string): string =>
  `PERGOLA_${name.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`;
const flagOf = (name: string): string => `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;

function createReader(env: Env, flags: Flags) {
  const problems: string[] = [];
  /** An empty variable counts as not set, as shells and compose files have it. */
  const raw = (name: string): string | undefined => {
    const flag = flags[name];
    if (flag !== undefined) return String(flag);
    const variable = env[variableOf(name)];
    return variable === "" ? undefined : variable;
  };
  const reject = <T>(name: string, fallback: T, rule: string): T => {
    const source = flags[name] === undefined ? `${variableOf(name)} (${flagOf(name)})` : `${flagOf(name)}`;
    problems.push(`${source} is \`${raw(name)}\` and must ${rule}`);
    return fallback;
  };
  const text = (name: string, fallback: string, pattern: RegExp, rule: string): string => {
    const value = raw(name);
    if (value === undefined) return fallback;
    return pattern.test(value) ? value : reject(name, fallback, rule);
  };
  return {
    problems,
    text,
    given: (name: string): boolean => raw(name) !== undefined,
    path: (name: string, fallback: string): string =>
      text(name, fallback, /^[^\0]{1,4096}$/, "be a path of at most 4,096 characters"),
    integer(name: string, fallback: number, min: number, max: number): number {
      const value = raw(name);
      if (value === undefined) return fallback;
      const number = /^\d{1,9}$/.test(value) ? Number(value) : -1;
      return number >= min && number <= max
        ? number
        : reject(name, fallback, `be a whole number from ${min} to ${max}`);
    },
    flag(name: string): boolean {
      const value = raw(name);
      if (value === undefined || value === "false" || value === "0") return false;
      return value === "true" || value === "1" ? true : reject(name, true, "be `true` or `false`");
    },
    oneOf<T extends string>(name: string, fallback: T, allowed: readonly T[]): T {
      const value = raw(name);
      if (value === undefined) return fallback;
      return allowed.find((one) => one === value) ?? reject(name, fallback, `be one of ${allowed.join(", ")}`);
    },
    host(name: string, fallback: string): string {
      const value = raw(name);
      if (value === undefined) return fallback;
      return value === "localhost" || isIP(value) !== 0
        ? value
        : reject(name, fallback, "be `localhost` or an IP address");
    },
    /** An IP address, with a port where it is not the usual one: `127.0.0.1:5353`, `[::1]:5353`. */
    socketAddress(name: string): string | undefined {
      const value = raw(name);
      if (value === undefined) return undefined;
      const match = /^\[([0-9a-fA-F:.]{2,45})\](?::(\d{1,5}))?$|^([0-9.]{7,15}):(\d{1,5})$/.exec(value);
      const port = Number(match?.[2] ?? match?.[4] ?? 53);
      const isGood = isIP(match?.[1] ?? match?.[3] ?? value) !== 0 && port >= 1 && port <= 65_535;
      return isGood ? value : reject(name, undefined, "be an IP address, with a port where it is not 53");
    },
    url(name: string): string | undefined {
      const value = raw(name);
      if (value === undefined) return undefined;
      const url = URL.parse(value);
      const usable = url !== null && (url.protocol === "http:" || url.protocol === "https:") && url.username === "";
      return usable ? value : reject(name, undefined, "be an http or https URL without credentials");
    },
  };
}
