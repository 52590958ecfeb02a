import { resolve } from "node:path";
import type { SourceVpc } from "@pergola/core";
import type { CertificateFiles } from "../config/certificates.ts";
import { type Cidr, cidrsRule, parseCidrs } from "../config/cidr.ts";
import { type Env, type Flags, regionPattern, SettingReader, SettingsError } from "../config/setting-reader.ts";

/** What an operator decides about a gateway: the data plane alone, on the configuration of a DynamoDB table. */
export interface GatewaySettings {
  /** DynamoDB table. */
  readonly table: string;
  readonly region: string;
  /** Base URL of a server that speaks the AWS APIs; absent for AWS itself. */
  readonly endpoint?: string;
  readonly host: string;
  /** Listener ports that are served, and where: `[[80, 8080], [443, 8443]]`; 0 for a free one. */
  readonly listeners: readonly (readonly [listenerPort: number, port: number])[];
  /** Where load balancers ask whether to send connections. */
  readonly healthPort: number;
  /** The VPC of all clients; `any`: inside whichever is associated; `none`: in none, so everything is a 404. */
  readonly sourceVpc: SourceVpc | "any" | "none";
  /** Load balancers that send a PROXY header of version 2; empty: nobody does. */
  readonly proxyProtocol: readonly Cidr[];
  /** KMS key that wraps the keyrings in the table; absent: signed requests are refused. */
  readonly kmsKeyId?: string;
  /** SQS queue of access records; absent: they go to their destinations directly. */
  readonly recordQueueUrl?: string;
  /** Where records wait on disk; absent: a temporary folder, and what is left at the end goes to the log. */
  readonly spoolDir?: string;
  /** Certificates with their keys; they are read again when they change. */
  readonly tlsFiles: readonly CertificateFiles[];
  /** A certificate with its chain and its private key, as text in PEM. */
  readonly tlsPem?: string;
  /** How often changes of the configuration are looked for, in milliseconds. */
  readonly pollMs: number;
  /** How long the gateway shows as draining before it stops accepting, in milliseconds. */
  readonly drainDelayMs: number;
  /** How long requests in flight may take then, in milliseconds. */
  readonly drainMs: number;
}

/**
 * Reads the settings; a flag wins over its variable.
 * @param cwd what relative paths are relative to
 * @throws SettingsError that names every bad value, where it came from and what would be right
 */
export function loadGatewaySettings(env: Env, flags: Flags, cwd: string): GatewaySettings {
  const read = new SettingReader({ ...env, PERGOLA_REGION: env.PERGOLA_REGION || env.AWS_REGION }, flags);
  const endpoint = read.url("awsEndpoint");
  const recordQueueUrl = read.url("recordQueueUrl");
  const kmsKeyId = read.text("kmsKeyId", "", /^[\w:/-]{1,2048}$/, "be the id, ARN or alias of a KMS key");
  const spoolDir = read.path("spoolDir", "");
  const tlsPem = env.PERGOLA_TLS_PEM;
  const settings: GatewaySettings = {
    table: read.required("table", /^[A-Za-z0-9_.-]{3,255}$/, "name the DynamoDB table of the deployment"),
    region: read.required("region", regionPattern, "be a region such as `us-west-2`"),
    host: read.host("host", "0.0.0.0"),
    listeners: read.parsed("listeners", defaultListeners, readListeners, listenersRule),
    healthPort: read.integer("healthPort", 8081, 0, 65_535),
    sourceVpc: read.parsed("sourceVpc", "none", readSourceVpc, "be `any`, `none` or `vpc-…/<owner account>`"),
    proxyProtocol: read.parsed<readonly Cidr[]>("proxyProtocol", [], parseCidrs, cidrsRule),
    tlsFiles: read.parsed(
      "tlsFiles",
      [],
      (text) => readFiles(text, cwd),
      "list up to ten pairs `<certificate>:<key>` of files",
    ),
    pollMs: read.integer("pollMs", 1_000, 100, 60_000),
    drainDelayMs: read.integer("drainDelayMs", 0, 0, 300_000),
    drainMs: read.integer("drainMs", 25_000, 0, 600_000),
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(recordQueueUrl === undefined ? {} : { recordQueueUrl }),
    ...(kmsKeyId === "" ? {} : { kmsKeyId }),
    ...(spoolDir === "" ? {} : { spoolDir: resolve(cwd, spoolDir) }),
    ...(tlsPem ? { tlsPem } : {}),
  };
  const problems = [...read.problems, ...crossChecks(settings)];
  if (problems.length > 0) throw new SettingsError(problems);
  return settings;
}

const defaultListeners: GatewaySettings["listeners"] = [
  [80, 8080],
  [443, 8443],
];
const listenersRule = "list up to 100 listener ports, each once, with where it is served, such as `80=8080,443=8443`";

function readListeners(text: string): GatewaySettings["listeners"] | undefined {
  const listeners = text.split(",").map((part) => {
    const [, listenerPort, port] = /^(\d{1,5})=(\d{1,5})$/.exec(part) ?? [];
    return [Number(listenerPort), Number(port)] as const;
  });
  const areGood = listeners.every(
    ([listenerPort, port]) => listenerPort >= 1 && listenerPort <= 65_535 && port >= 0 && port <= 65_535,
  );
  const isOnce = new Set(listeners.map(([listenerPort]) => listenerPort)).size === listeners.length;
  return areGood && isOnce && listeners.length <= 100 ? listeners : undefined;
}

function readSourceVpc(text: string): GatewaySettings["sourceVpc"] | undefined {
  if (text === "any" || text === "none") return text;
  const [, vpcId, account] = /^(vpc-[0-9a-f]{8,17})\/(\d{12})$/.exec(text) ?? [];
  return vpcId === undefined || account === undefined ? undefined : { vpcId, account };
}

function readFiles(text: string, cwd: string): GatewaySettings["tlsFiles"] | undefined {
  const pairs = text.split(",").map((pair) => pair.split(":"));
  if (pairs.length > 10 || !pairs.every((pair) => pair.length === 2 && pair.every(isPath))) return undefined;
  return pairs.map(([certificate = "", key = ""]) => ({
    certificate: resolve(cwd, certificate),
    key: resolve(cwd, key),
  }));
}

function isPath(text: string): boolean {
  return text !== "" && text.length <= 4096 && !text.includes("\0");
}

function crossChecks({ listeners, healthPort }: GatewaySettings): string[] {
  const problems: string[] = [];
  const ports = [...listeners.map(([, port]) => port), healthPort].filter((port) => port !== 0);
  if (new Set(ports).size < ports.length) {
    problems.push("PERGOLA_LISTENERS and PERGOLA_HEALTH_PORT must not name one port twice");
  }
  return problems;
}
