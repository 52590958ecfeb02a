import { connectionOf } from "../api/connection.ts";
import { CliFailure } from "../cli-failure.ts";
import { readSecureUrl } from "../loopback-url.ts";
import type { CliIo } from "../run-cli.ts";
import type { ExchangeTarget } from "./exchange-session.ts";
import type { TokenTarget } from "./token-session.ts";

/** What commander gives for the options of `pergola credentials --exchange`. */
export interface ExchangeFlags {
  readonly exchange?: string;
  readonly audience?: string;
  readonly profile?: string;
  readonly stsEndpointUrl?: string;
  readonly region?: string;
  readonly duration?: number;
  readonly webIdentityTokenFile?: string;
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
  accessKeyId: "--access-key-id",
  secretAccessKeyFile: "--secret-access-key-file",
  endpointUrl: "--endpoint-url",
};

/** Options that are about a signature. */
const ofSignatures = { audience: "--audience", profile: "--profile", stsEndpointUrl: "--sts-endpoint-url" } as const;
const signatureFlags = Object.keys(ofSignatures) as (keyof typeof ofSignatures)[];

/**
 * A token is the proof where its file is given, or where $AWS_WEB_IDENTITY_TOKEN_FILE names one and no flag is about a signature:
 * where AWS's own chain uses that file, `--audience` says that its signature is wanted.
 * @returns the exchange to ask, undefined when none is named
 * @throws CliFailure for flags that do not fit together
 */
export function readExchangeTarget(flags: ExchangeFlags, io: CliIo): ExchangeTarget | TokenTarget | undefined {
  const { exchange, audience, profile, stsEndpointUrl, duration: seconds } = flags;
  const signing = signatureFlags.find((flag) => flags[flag] !== undefined);
  if (exchange === undefined) {
    if (signing !== undefined) throw new CliFailure(`${ofSignatures[signing]} needs an exchange: give --exchange`, 2);
    return undefined;
  }
  const idle = Object.keys(ofSts).find((flag) => Object.hasOwn(flags, flag));
  if (idle !== undefined) throw new CliFailure(`${ofSts[idle]} has no effect with --exchange`, 2);
  const url = readSecureUrl(exchange);
  if (url === undefined) throw new CliFailure(`--exchange ${secureUrl}`, 2);
  if (flags.webIdentityTokenFile !== undefined && signing !== undefined)
    throw new CliFailure(`${ofSignatures[signing]} has no effect with --web-identity-token-file`, 2);
  const tokenFile = flags.webIdentityTokenFile ?? (signing === undefined && io.env.AWS_WEB_IDENTITY_TOKEN_FILE);
  if (tokenFile) return { url: url.href, tokenFile, seconds };
  if (audience === undefined || !/^[\x21-\x7e]{1,256}$/.test(audience))
    throw new CliFailure(
      "--exchange needs --audience: what the deployment is called, without spaces; or --web-identity-token-file",
      2,
    );
  const { region } = connectionOf(flags, io);
  const sts = readSecureUrl(stsEndpointUrl ?? stsEndpointOf(region));
  if (sts === undefined || sts.pathname !== "/" || sts.search !== "")
    throw new CliFailure(`--sts-endpoint-url ${secureUrl}, without a path`, 2);
  return { url: url.href, audience, region, stsEndpoint: sts.origin, profile, seconds };
}

function stsEndpointOf(region: string): string {
  return `https://sts.${region}.amazonaws.com${region.startsWith("cn-") ? ".cn" : ""}`;
}
