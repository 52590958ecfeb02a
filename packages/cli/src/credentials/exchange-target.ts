import { connectionOf } from "../api/connection.ts";
import { CliFailure } from "../cli-failure.ts";
import { readSecureUrl } from "../loopback-url.ts";
import type { CliIo } from "../run-cli.ts";
import type { ExchangeTarget } from "./exchange-session.ts";

/** What commander gives for the options of `pergola credentials --exchange`. */
export interface ExchangeFlags {
  readonly exchange?: string;
  readonly audience?: string;
  readonly profile?: string;
  readonly stsEndpointUrl?: string;
  readonly region?: string;
  readonly duration?: number;
}

const secureUrl = "must be an https URL, or http on this machine";
/** Options that ask Pergola's STS for something. */
const ofSts: Readonly<Record<string, string>> = {
  roleArn: "--role-arn",
  sessionName: "--session-name",
  tag: "--tag",
  transitiveTagKey: "--transitive-tag-key",
  externalId: "--external-id",
  sessionPolicy: "--session-policy",
  webIdentityTokenFile: "--web-identity-token-file",
  accessKeyId: "--access-key-id",
  secretAccessKeyFile: "--secret-access-key-file",
  endpointUrl: "--endpoint-url",
};

/**
 * @returns the exchange to ask, undefined when none is named
 * @throws CliFailure for flags that do not fit together
 */
export function readExchangeTarget(flags: ExchangeFlags, io: CliIo): ExchangeTarget | undefined {
  const { exchange, audience, profile, stsEndpointUrl, duration } = flags;
  if (exchange === undefined) {
    const lonely = Object.entries({
      "--audience": audience,
      "--profile": profile,
      "--sts-endpoint-url": stsEndpointUrl,
    });
    const [name] = lonely.find(([, value]) => value !== undefined) ?? [];
    if (name !== undefined) throw new CliFailure(`${name} needs an exchange: give --exchange`, 2);
    return undefined;
  }
  const idle = Object.keys(ofSts).find((flag) => Object.hasOwn(flags, flag));
  if (idle !== undefined) throw new CliFailure(`${ofSts[idle]} has no effect with --exchange`, 2);
  if (audience === undefined || !/^[\x21-\x7e]{1,256}$/.test(audience))
    throw new CliFailure("--exchange needs --audience: what the deployment is called, without spaces", 2);
  const url = readSecureUrl(exchange);
  if (url === undefined) throw new CliFailure(`--exchange ${secureUrl}`, 2);
  const { region } = connectionOf(flags, io);
  const sts = readSecureUrl(stsEndpointUrl ?? stsEndpointOf(region));
  if (sts === undefined || sts.pathname !== "/" || sts.search !== "")
    throw new CliFailure(`--sts-endpoint-url ${secureUrl}, without a path`, 2);
  return { url: url.href, audience, region, stsEndpoint: sts.origin, profile, seconds: duration };
}

function stsEndpointOf(region: string): string {
  return `https://sts.${region}.amazonaws.com${region.startsWith("cn-") ? ".cn" : ""}`;
}
