import type { Clock, Logger } from "@pergola/core";
import { newAccessKeyId, newSecretAccessKey } from "../identity/access-key.ts";
import type { AwsPrincipal } from "../principal.ts";
import type { Keyring } from "../session/keyring.ts";
import { SessionTooLarge, sealSession } from "../session/session-token.ts";
import { type CallerIdentity, readCallerIdentity } from "./caller-identity.ts";
import { audienceHeader, readPresignedIdentity } from "./presigned-identity.ts";
import type { ReplayGuard } from "./replay-guard.ts";

/**
 * Sends a request to STS. INVARIANT: it goes nowhere but to `url`; a redirect is an answer like any other. Time and length of the
 * answer are bounded.
 * @throws whatever kept it from getting an answer
 */
export type StsCaller = (
  request: { readonly url: string; readonly headers: Readonly<Record<string, string>> },
  signal: AbortSignal,
) => Promise<{ readonly status: number; readonly body: string }>;

/** What Pergola is told of a principal beyond its identity. */
export type PrincipalDetails = Partial<Pick<AwsPrincipal, "orgId" | "orgPaths" | "tags" | "roleArn">>;

export interface CredentialExchangeOptions {
  /** Origins of the STS endpoints that proofs may be for, e.g. `https://sts.us-west-2.amazonaws.com`; plain HTTP for loopback only. */
  readonly stsEndpoints: readonly string[];
  /** What this deployment is called, 1–256 printable characters: proofs have to be signed for it. */
  readonly audience: string;
  /** Accounts whose principals get credentials; `any`: whoever has an identity on AWS, and policies alone decide. */
  readonly accounts: readonly string[] | "any";
  readonly sts: StsCaller;
  readonly keyring: (signal: AbortSignal) => Keyring | Promise<Keyring>;
  readonly replayGuard: ReplayGuard;
  readonly clock: Clock;
  readonly logger: Pick<Logger, "info" | "warn">;
  /** @returns what the settings say of the principal; STS tells neither tags nor organization nor a role's path */
  readonly detailsOf?: (principal: CallerIdentity) => PrincipalDetails | undefined;
  /** Longest and default life of the credentials, in seconds; default 3,600. */
  readonly maxSeconds?: number;
}

export interface ExchangeRequest {
  /** A presigned GetCallerIdentity with the audience among its signed headers. */
  readonly url: string;
  /** Seconds, from 900. */
  readonly durationSeconds?: number;
}

/** Temporary credentials, in the form that `credential_process` takes. */
export interface ExchangedCredentials {
  readonly Version: 1;
  readonly AccessKeyId: string;
  readonly SecretAccessKey: string;
  readonly SessionToken: string;
  /** ISO 8601. */
  readonly Expiration: string;
}

/** Why there are no credentials. Messages are safe for the caller. */
export interface ExchangeRefusal {
  readonly code: "InvalidRequest" | "AccessDenied" | "ReplayedRequest" | "Unavailable";
  readonly message: string;
}

export type ExchangeResult =
  | { readonly kind: "granted"; readonly credentials: ExchangedCredentials; readonly principal: AwsPrincipal }
  | ({ readonly kind: "refused" } & ExchangeRefusal);

export type CredentialExchange = (request: ExchangeRequest, signal: AbortSignal) => Promise<ExchangeResult>;

const minSeconds = 900;
const maxSecondsEver = 43_200;

/**
 * Makes the exchange of an AWS identity for credentials of Pergola. The order: nothing is sent before the proof has been read
 * strictly; nothing is remembered before STS has vouched for it, so strangers cannot fill the memory; and nothing is given out
 * before the proof has been taken.
 * @throws RangeError for options that would be unsafe
 */
export function createCredentialExchange(options: CredentialExchangeOptions): CredentialExchange {
  const { stsEndpoints, audience, sts, keyring, replayGuard, clock, logger, maxSeconds = 3_600 } = options;
  requireOptions(options);
  return async ({ url, durationSeconds = maxSeconds }, signal) => {
    if (!Number.isInteger(durationSeconds) || durationSeconds < minSeconds || durationSeconds > maxSeconds)
      return refuse("InvalidRequest", `durationSeconds: has to be from ${minSeconds} to ${maxSeconds}`);
    const proof = readPresignedIdentity(url, { endpoints: stsEndpoints, now: clock.now() });
    if (typeof proof === "string") return refuse("InvalidRequest", proof);
    const caller = await askSts(sts, { url: proof.url, audience }, logger, signal);
    if ("code" in caller) return refuse(caller.code, caller.message);
    if (!isAllowed(options.accounts, caller)) {
      logger.warn("an identity of another account was refused", { principal: caller.arn });
      return refuse("AccessDenied", `account ${caller.account} is not among those that this deployment serves`);
    }
    // Before the proof is taken: one that nothing comes of can be used again.
    const ring = await orWarn(logger, "there are no session keys", () => keyring(signal));
    if (ring === undefined) return unavailable;
    // The signature, not the URL: its parameters may stand in any order.
    const isFresh = await orWarn(logger, "a proof could not be taken", () =>
      replayGuard.take(proof.signature, proof.validUntil),
    );
    if (isFresh === undefined) return unavailable;
    if (!isFresh) return refuse("ReplayedRequest", "the signed request has been used before: sign anew");
    const principal: AwsPrincipal = { tags: {}, ...caller, ...options.detailsOf?.(caller) };
    const expiration = new Date(clock.now().getTime() + durationSeconds * 1000);
    const credentials = issue(ring, principal, expiration);
    if (credentials === undefined) return refuse("AccessDenied", "the principal has too many tags for a session token");
    logger.info("credentials were exchanged", { principal: principal.arn, accessKeyId: credentials.AccessKeyId });
    return { kind: "granted", credentials, principal };
  };
}

function refuse(code: ExchangeRefusal["code"], message: string): ExchangeResult {
  return { kind: "refused", code, message };
}

function requireOptions({ stsEndpoints, audience, accounts, maxSeconds = 3_600 }: CredentialExchangeOptions): void {
  const isEndpoint = (text: string): boolean =>
    /^https:\/\/[a-z0-9.-]{1,200}(:\d{1,5})?$/.test(text) || /^http:\/\/(127\.0\.0\.1|localhost):\d{1,5}$/.test(text);
  if (stsEndpoints.length === 0 || !stsEndpoints.every(isEndpoint))
    throw new RangeError("stsEndpoints: give at least one origin such as `https://sts.us-west-2.amazonaws.com`");
  // No space at an end: signers would take it away, and nobody's signature would fit.
  if (!/^[\x21-\x7e]{1,256}$/.test(audience))
    throw new RangeError("audience: use 1–256 printable characters without spaces");
  if (accounts !== "any" && !accounts.every((account) => /^\d{12}$/.test(account)))
    throw new RangeError("accounts: give account ids of twelve digits, or any");
  if (!Number.isInteger(maxSeconds) || maxSeconds < minSeconds || maxSeconds > maxSecondsEver)
    throw new RangeError(`maxSeconds: has to be from ${minSeconds} to ${maxSecondsEver}`);
}

function isAllowed(accounts: readonly string[] | "any", { account }: CallerIdentity): boolean {
  return accounts === "any" || accounts.includes(account);
}

async function askSts(
  sts: StsCaller,
  { url, audience }: { readonly url: string; readonly audience: string },
  logger: CredentialExchangeOptions["logger"],
  signal: AbortSignal,
): Promise<CallerIdentity | ExchangeRefusal> {
  const away: ExchangeRefusal = { code: "Unavailable", message: "STS does not answer: try again" };
  let answer: Awaited<ReturnType<StsCaller>>;
  try {
    // INVARIANT (audience): the header is always this deployment's own. A proof for another has another signature.
    answer = await sts({ url, headers: { accept: "application/json", [audienceHeader]: audience } }, signal);
  } catch (error) {
    logger.warn("STS could not be asked", { error });
    return away;
  }
  const { status, body } = answer;
  if (status >= 400 && status < 500 && status !== 429) {
    const code = /["<]Code["> :]{1,4}"?([A-Za-z.]{1,64})["<]/.exec(body.slice(0, 4096))?.[1] ?? `status ${status}`;
    if (/Throttl|RequestLimit/.test(code)) return away;
    return {
      code: "AccessDenied",
      message: `STS does not accept the signature for the audience \`${audience}\`: ${code}`,
    };
  }
  const caller = status === 200 ? readCallerIdentity(body) : undefined;
  if (caller !== undefined) return caller;
  logger.warn("what STS answered is no caller's identity", { status });
  return away;
}

const unavailable = refuse("Unavailable", "credentials cannot be given now: try again");

/** @returns undefined when it failed: then nobody can tell, and there are no credentials */
async function orWarn<T>(
  logger: CredentialExchangeOptions["logger"],
  message: string,
  work: () => T | Promise<T>,
): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    logger.warn(message, { error });
    return undefined;
  }
}

function issue(keyring: Keyring, principal: AwsPrincipal, expiration: Date): ExchangedCredentials | undefined {
  const claims = {
    accessKeyId: newAccessKeyId("session"),
    secretAccessKey: newSecretAccessKey(),
    expiresAt: expiration.toISOString(),
    principal,
    issuer: principal.roleArn ?? principal.arn,
  };
  try {
    const { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, expiresAt: Expiration } = claims;
    return { Version: 1, AccessKeyId, SecretAccessKey, SessionToken: sealSession(keyring, claims), Expiration };
  } catch (error) {
    if (error instanceof SessionTooLarge) return undefined;
    throw error;
  }
}
