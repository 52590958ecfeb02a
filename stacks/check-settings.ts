import { isIP } from "node:net";
import { problemsOfOpenTelemetry } from "./check-open-telemetry.ts";
import type {
  DeploySettings,
  DomainSettings,
  GatewaySettings,
  NetworkSettings,
  VpcSettings,
  WebIdentitySettings,
} from "./deploy-settings.ts";
import { containerPort, healthPort } from "./gateway-ports.ts";

const region = /^[a-z]{2}(-[a-z]+)+-\d$/;
const domainName = /^(?=.{1,63}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}$/;
const functionName = /^[A-Za-z0-9_*-]{1,64}$/;
const logDestination =
  /^arn:aws[a-z-]*:(logs:[a-z0-9-]+:\d{12}:log-group:[A-Za-z0-9_./#-]{1,512}(:\*)?|s3:::[a-z0-9.-]{3,63}|firehose:[a-z0-9-]+:\d{12}:deliverystream\/[A-Za-z0-9_.-]{1,64})$/;
const vpcId = /^vpc-[0-9a-f]{8,17}$/;
const subnetId = /^subnet-[0-9a-f]{8,17}$/;
const securityGroupId = /^sg-[0-9a-f]{8,17}$/;
const zoneId = /^Z[A-Z0-9]{4,31}$/;
const exchangeAccount = /^\d{12}(\/o-[a-z0-9]{10,32})?$/;
const httpsUrl = /^https:\/\/[a-z0-9.-]{1,253}(:\d{1,5})?(\/[!-~]{0,1000})?$/;
const roleArn = /^arn:aws[a-z-]*:iam::(\d{12}):role\/([\w+=,.@-]{1,512}\/){0,20}[\w+=,.@-]{1,64}$/;
const administrator = /^arn:aws[a-z-]*:iam::\d{12}:(user|role)\/[\w+=,.@/-]{1,512}$/;
const cidr = /^\d{1,3}(\.\d{1,3}){3}\/\d{1,2}$/;

const imageName = /^[a-z0-9][a-z0-9._/:-]{1,250}(:[A-Za-z0-9_.-]{1,128}|@sha256:[0-9a-f]{64})$/;
const secretArn = /^arn:aws[a-z-]*:secretsmanager:[a-z0-9-]+:\d{12}:secret:[\w/+=.@-]{1,512}$/;

/** Megabytes by CPU units. Source: ECS developer guide, "Task CPU and memory", read 2026-11. */
const gigabytes = (from: number, to: number): number[] =>
  Array.from({ length: to - from + 1 }, (_, i) => (from + i) * 1024);
const fargateMemory: Readonly<Record<number, readonly number[]>> = {
  256: [512, 1024, 2048],
  512: gigabytes(1, 4),
  1024: gigabytes(2, 8),
  2048: gigabytes(4, 16),
  4096: gigabytes(8, 30),
};

/**
 * @returns one sentence for each thing that is wrong with the settings; empty when they can be deployed. What only AWS can know (does
 * the zone exist, is the quota high enough) is not among them
 */
export function problemsOfSettings(settings: DeploySettings, stage: string): readonly string[] {
  const { access, domain, vpcs = [], network, functionTargets, logDestinations } = settings;
  const { exchangeAccounts, administrators = [] } = settings;
  const problems = [
    // Function names have at most 64 characters, the longest of ours 33.
    ...unless(
      /^[A-Za-z0-9-]{1,20}$/.test(stage),
      `stage: use at most 20 letters, digits and hyphens, not \`${stage}\``,
    ),
    ...unless(region.test(settings.region), `region: use a region such as eu-central-1, not \`${settings.region}\``),
    ...mismatches("functionTargets", functionTargets, functionName, "a function name, `*` for any characters"),
    ...mismatches(
      "logDestinations",
      logDestinations,
      logDestination,
      "an ARN of a log group, bucket or Firehose stream",
    ),
    ...mismatches("exchangeAccounts", exchangeAccounts ?? [], exchangeAccount, "an account's twelve digits"),
    ...unless(exchangeAccounts?.length !== 0, "exchangeAccounts: name an account, or leave it out"),
    ...(settings.webIdentity === undefined ? [] : problemsOfTokens(settings.webIdentity, exchangeAccounts ?? [])),
    ...mismatches("administrators", administrators, administrator, "the ARN of a user or role"),
    ...unless(
      administrators.length === 0 || exchangeAccounts !== undefined,
      "administrators: use exchangeAccounts too, where they get sessions",
    ),
    ...vpcs.flatMap((vpc, index) => problemsOfVpc(`vpcs[${index}]`, vpc)),
    ...(domain === undefined ? [] : problemsOfDomain(domain)),
    ...(network === undefined ? [] : problemsOfNetwork(network)),
    ...(settings.gateway === undefined ? [] : problemsOfGateway(settings.gateway, vpcs)),
    ...(settings.openTelemetry === undefined ? [] : problemsOfOpenTelemetry(settings.openTelemetry)),
    ...unless(isWhole(settings.routerMemory, 128, 10_240), "routerMemory: use 128 to 10240 megabytes"),
    ...unless(
      isWhole(settings.routerConcurrency ?? 1, 1, 100_000),
      "routerConcurrency: use a whole number from 1, or leave it out",
    ),
    ...unless(
      isIP(settings.dnsServer ?? "127.0.0.1") !== 0,
      `dnsServer: use an IP address, not \`${settings.dnsServer}\``,
    ),
    ...unless(
      settings.alarmEmail?.includes("@") ?? true,
      `alarmEmail: use a mail address, not \`${settings.alarmEmail}\``,
    ),
    ...unless(new Set(vpcs.map(({ id }) => id)).size === vpcs.length, "vpcs: name each VPC once"),
  ];
  if (access === "none" && vpcs.length === 0) problems.push("access: with `none`, name at least one VPC in vpcs");
  // CloudFront signs either every request, over a signature that is there, or none. Source: CloudFront developer guide, "Restrict
  // access to an AWS Lambda function URL origin", read 2026-11.
  if (domain !== undefined && access === "iam") {
    problems.push("access: with a domain use `public` (CloudFront does not pass two signatures) or `none`");
  }
  return problems;
}

function problemsOfDomain({ name, zoneId: zone, customNames = [] }: DomainSettings): string[] {
  const customName = (text: string): boolean => domainName.test(text.replace(/^\*\./, ""));
  return [
    ...unless(
      domainName.test(name),
      `domain.name: use a name of at most 63 characters such as mesh.example.com, not \`${name}\``,
    ),
    ...unless(
      zoneId.test(zone),
      `domain.zoneId: use the id of a hosted zone such as Z0123456789ABCDEFGHIJ, not \`${zone}\``,
    ),
    ...customNames
      .filter((text) => !customName(text))
      .map((text) => `domain.customNames: use a domain name in lower case, not \`${text}\``),
  ];
}

function problemsOfTokens(mappings: readonly WebIdentitySettings[], accounts: readonly string[]): string[] {
  const served = accounts.map((account) => account.slice(0, 12));
  return [
    ...unless(mappings.length >= 1 && mappings.length <= 20, "webIdentity: use one to twenty, or leave it out"),
    // All environment variables of a function have 4 KB together. Source: Lambda developer guide, "Quotas", read 2026-11.
    ...unless(JSON.stringify(mappings).length <= 3_000, "webIdentity: use at most 3000 characters in all"),
    ...mappings.flatMap(({ issuer, audience, subjects, roleArn: role, jwksUri = "https://x.example" }, index) => {
      const at = `webIdentity[${index}]`;
      return [
        ...mismatches(`${at}.issuer`, [issuer], httpsUrl, "an https URL"),
        ...mismatches(`${at}.jwksUri`, [jwksUri], httpsUrl, "an https URL"),
        ...unless(
          mappings.find((one) => one.issuer === issuer)?.jwksUri === mappings[index]?.jwksUri,
          `${at}.jwksUri: use the same for each mapping of an issuer`,
        ),
        ...mismatches(`${at}.audience`, [audience], /^[!-~]{1,256}$/, "printable characters without spaces"),
        ...unless(subjects.length > 0, `${at}.subjects: name at least one: any token of the issuer would do otherwise`),
        ...mismatches(`${at}.subjects`, subjects, /^[ -~]{1,512}$/, "printable characters"),
        ...mismatches(`${at}.roleArn`, [role], roleArn, "the ARN of a role"),
        ...unless(
          !roleArn.test(role) || served.includes(roleArn.exec(role)?.[1] ?? ""),
          `${at}.roleArn: name the account of \`${role}\` in exchangeAccounts`,
        ),
      ];
    }),
  ];
}

function problemsOfVpc(at: string, { id, account = "000000000000", subnetIds, clientCidrs }: VpcSettings): string[] {
  return [
    ...unless(vpcId.test(id), `${at}.id: use the id of a VPC, not \`${id}\``),
    ...unless(/^\d{12}$/.test(account), `${at}.account: use twelve digits, not \`${account}\``),
    ...unless(new Set(subnetIds).size >= 2, `${at}.subnetIds: name subnets in at least two zones`),
    ...mismatches(`${at}.subnetIds`, subnetIds, subnetId, "the id of a subnet"),
    ...unless(clientCidrs.length > 0, `${at}.clientCidrs: name at least one range`),
    ...mismatches(`${at}.clientCidrs`, clientCidrs, cidr, "an IPv4 range such as 10.0.0.0/16"),
  ];
}

function problemsOfGateway(gateway: GatewaySettings, vpcs: readonly VpcSettings[]): string[] {
  const {
    image,
    vpcId: id,
    vpcAccount,
    subnetIds,
    clientCidrs,
    internal,
    ports = [80, 443],
    certificateSecret,
  } = gateway;
  const { cpu, memory, tasks } = gateway;
  const vpc = { id, subnetIds, clientCidrs, ...(vpcAccount === undefined ? {} : { account: vpcAccount }) };
  const sizes = fargateMemory[cpu] ?? [];
  return [
    ...unless(
      imageName.test(image),
      `gateway.image: use the name of an image with its tag or digest, not \`${image}\``,
    ),
    ...problemsOfVpc("gateway", vpc).map((problem) => problem.replace("gateway.id:", "gateway.vpcId:")),
    ...unless(
      !internal || vpcs.every((one) => one.id !== id),
      "gateway.vpcId: use a VPC that is not among vpcs, since its service names can lead to one load balancer only",
    ),
    ...unless(
      ports.length >= 1 && ports.length <= 10 && haveOwnPlaces(ports),
      "gateway.ports: use one to ten ports from 1 to 65535, each once, not 8081, and not one both below 1024 and 8000 above that",
    ),
    ...unless(
      certificateSecret === undefined || secretArn.test(certificateSecret),
      `gateway.certificateSecret: use the ARN of a secret of Secrets Manager, not \`${certificateSecret}\``,
    ),
    ...unless(
      sizes.includes(memory),
      `gateway.memory: use one of ${sizes.join(", ")} with cpu ${cpu}, not \`${memory}\``,
    ),
    ...unless(
      isWhole(tasks.min, 1, 1_000) && isWhole(tasks.max, tasks.min, 1_000),
      "gateway.tasks: use whole numbers from 1 to 1000, and a max that is not below min",
    ),
  ];
}

/** Two listener ports may not have one place in the container, nor the health check's. */
function haveOwnPlaces(ports: readonly number[]): boolean {
  const places = [...ports.map(containerPort), healthPort];
  return ports.every((port) => isWhole(port, 1, 65_535)) && new Set(places).size === places.length;
}

function problemsOfNetwork({ subnetIds, securityGroupIds }: NetworkSettings): string[] {
  return [
    ...unless(subnetIds.length > 0, "network.subnetIds: name at least one subnet"),
    ...mismatches("network.subnetIds", subnetIds, subnetId, "the id of a subnet"),
    ...unless(securityGroupIds.length > 0, "network.securityGroupIds: name at least one security group"),
    ...mismatches("network.securityGroupIds", securityGroupIds, securityGroupId, "the id of a security group"),
  ];
}

function isWhole(value: number, from: number, to: number): boolean {
  return Number.isInteger(value) && value >= from && value <= to;
}

function unless(holds: boolean, problem: string): string[] {
  return holds ? [] : [problem];
}

function mismatches(name: string, values: readonly string[], pattern: RegExp, right: string): string[] {
  return values.filter((value) => !pattern.test(value)).map((value) => `${name}: use ${right}, not \`${value}\``);
}
