import { homedir } from "node:os";
import { join } from "node:path";
import { Command } from "commander";
import { addConnectionOptions, type ConnectionFlags, connectionOf } from "../api/connection.ts";
import { collect, collectKeyValue, wholeNumber } from "../key-values.ts";
import type { CliIo } from "../run-cli.ts";
import type { ExchangeSession, ExchangeTarget } from "./exchange-session.ts";
import { type ExchangeFlags, readExchangeTarget } from "./exchange-target.ts";
import type { ProcessCredentials } from "./request-session.ts";
import { cacheSession, readCachedSession } from "./session-cache.ts";
import { cacheNameOf, readSessionRequest, type SessionFlags } from "./session-request.ts";
import type { TokenTarget } from "./token-session.ts";

type Flags = SessionFlags & ConnectionFlags & ExchangeFlags & { readonly cache: boolean };

/** `pergola credentials`: what a profile's `credential_process` runs, so that any AWS SDK signs for Pergola. */
export function credentialsCommand(io: CliIo): Command {
  const command = new Command("credentials")
    .description("print temporary credentials for Pergola, for credential_process of an AWS profile")
    .option("--role-arn <arn>", "role to assume; without it a session of the user itself")
    .option("--session-name <name>", "name of the role's session (default pergola-credentials)")
    .option("--duration <seconds>", "how long the session lasts, 900 to 129600", wholeNumber(900, 129_600))
    .option("--tag <key=value>", "session tag; may be given several times", collectKeyValue)
    .option("--transitive-tag-key <key>", "session tag that further roles get too", collect)
    .option("--external-id <id>", "what the role's trust policy may ask for")
    .option("--session-policy <file>", "policy that limits the session")
    .option(
      "--web-identity-token-file <file>",
      "OpenID Connect token that proves who asks (with --exchange default $AWS_WEB_IDENTITY_TOKEN_FILE)",
    )
    .option("--access-key-id <id>", "key of who asks (default $AWS_ACCESS_KEY_ID)")
    .option("--secret-access-key-file <file>", "file with its secret (default $AWS_SECRET_ACCESS_KEY)")
    .option("--exchange <url>", "credential exchange of a deployment on AWS, in place of Pergola's STS")
    .option("--audience <name>", "what that deployment is called")
    .option("--profile <name>", "AWS profile that proves to the exchange who asks (default the usual chain)")
    .option("--sts-endpoint-url <url>", "STS endpoint that the proof is for (default the region's)")
    .option("--no-cache", "ask STS each time, and keep nothing");
  return addConnectionOptions(command)
    .addHelpText(
      "after",
      `
A session is kept in ~/.cache/pergola/credentials, for you alone, and used until five minutes before its end.

Examples:
  AWS_ACCESS_KEY_ID=… AWS_SECRET_ACCESS_KEY=… pergola credentials
  pergola credentials --role-arn arn:aws:iam::123456789012:role/web --session-name me
  pergola credentials --exchange https://….lambda-url.us-west-2.on.aws/ --audience my-network --profile work
  pergola credentials --exchange https://….lambda-url.us-west-2.on.aws/ --web-identity-token-file /var/run/secrets/token

  In ~/.aws/config, for every AWS SDK and the AWS CLI (AWS_PROFILE=pergola):
    [profile pergola]
    region = us-west-2
    endpoint_url = http://127.0.0.1:7070
    credential_process = pergola credentials --role-arn arn:aws:iam::123456789012:role/web --access-key-id AKIA… --secret-access-key-file /home/me/.pergola-secret`,
    )
    .action(async (flags: Flags) => {
      const session = await sessionOf(flags, io);
      io.stdout.write(`${JSON.stringify(session)}\n`);
    });
}

async function sessionOf(flags: Flags, io: CliIo): Promise<ProcessCredentials> {
  const target = readExchangeTarget(flags, io);
  if (target !== undefined) {
    const exchange = await openSessionAt(target, io);
    try {
      return await keptOr(exchange.cacheName, flags, io, exchange.request);
    } finally {
      exchange.close();
    }
  }
  const connection = connectionOf(flags, io);
  const request = await readSessionRequest(flags, io);
  return keptOr(cacheNameOf(request, connection), flags, io, async () => {
    // Loaded here: with a kept session the client, 0.2 s, is not needed.
    const { requestSession } = await import("./request-session.ts");
    return requestSession(request, connection);
  });
}

async function openSessionAt(target: ExchangeTarget | TokenTarget, io: CliIo): Promise<ExchangeSession> {
  if ("tokenFile" in target) return (await import("./token-session.ts")).openTokenSession(target, io);
  return (await import("./exchange-session.ts")).openExchangeSession(target, io);
}

async function keptOr(
  name: string,
  { cache }: Flags,
  io: CliIo,
  request: () => Promise<ProcessCredentials>,
): Promise<ProcessCredentials> {
  const dir = cacheDir(io.env);
  const kept = cache ? await orWarn(io, readCachedSession(dir, name, new Date())) : undefined;
  if (kept !== undefined) return kept;
  const session = await request();
  if (cache) await orWarn(io, cacheSession(dir, name, session, new Date()));
  return session;
}

/** Without its cache the command is slower, not wrong. */
async function orWarn<T>(io: CliIo, work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    io.stderr.write(`pergola: the cache of credentials cannot be used: ${(error as Error).message}\n`);
    return undefined;
  }
}

function cacheDir(env: CliIo["env"]): string {
  return join(env.XDG_CACHE_HOME || join(env.HOME || homedir(), ".cache"), "pergola", "credentials");
}
