import type { Clock, Logger } from "@pergola/core";
import { newAccessKeyId, newSecretAccessKey } from "../identity/access-key.ts";
import type { AwsPrincipal } from "../principal.ts";
import type { Keyring } from "../session/keyring.ts";
import { SessionTooLarge, sealSession } from "../session/session-token.ts";
import type { ExchangeRefusal, Proof, ProofContext, ProvedPrincipal } from "./proof.ts";
import type { ReplayGuard } from "./replay-guard.ts";
import { checkSignedProof, type StsCaller } from "./signed-proof.ts";
import { createTokenCheck, type TokenCheckOptions } from "./token-proof.ts";
import { readRoleArn } from "./web-identity-mapping.ts";

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
  /** Whose web identity tokens are proofs too; absent: nobody's. The roles' accounts have to be among `accounts`. */
  readonly webIdentity?: TokenCheckOptions;
  readonly keyring: (signal: AbortSignal) => Keyring | Promise<Keyring>;
  readonly replayGuard: ReplayGuard;
  readonly clock: Clock;
  readonly logger: Pick<Logger, "info" | "warn">;
  /** @returns what the settings say of the principal; STS tells neither tags nor organization nor a role's path */
  readonly detailsOf?: (principal: ProvedPrincipal) => PrincipalDetails | undefined;
  /** Longest and default life of the credentials, in seconds; default 3,600. */
  readonly maxSeconds?: number;
}

export type ExchangeRequest = (
  | {
      /** A presigned GetCallerIdentity with the audience among its signed headers. */
      readonly url: string;
    }
  | {
      /** An OpenID Connect token. */
      readonly webIdentityToken: string;
    }
) & {
  /** Seconds, from 900. */
  readonly durationSeconds?: number;
};

/** Temporary credentials, in the form that `credential_process` takes. */
export interface ExchangedCredentials {
  readonly Version: 1;
  readonly AccessKeyId: string;
  readonly SecretAccessKey: string;
  readonly SessionToken: string;
  /** ISO 8601. */
  readonly Expiration: string;
}

export type ExchangeResult =
  | { readonly kind: "granted"; readonly credentials: ExchangedCredentials; readonly principal: AwsPrincipal }
  | ({ readonly kind: "refused" } & ExchangeRefusal);

export type CredentialExchange = (request: ExchangeRequest, signal: AbortSignal) => Promise<ExchangeResult>;

const minSeconds = 900;
const maxSecondsEver = 43_200;

/**
 * Makes the exchange of an AWS identity, or of a web identity, for credentials of Pergola. The order: nothing is sent before the
 * proof has been read strictly; nothing is remembered before STS or a provider's key has vouched for it, so strangers cannot fill the
 * memory; and nothing is given out before the proof has been taken.
 * @throws RangeError for options that would be unsafe
 */
export function createCredentialExchange(options: CredentialExchangeOptions): CredentialExchange {
  const { keyring, replayGuard, clock, logger, webIdentity, maxSeconds = 3_600 } = options;
  const checkToken = webIdentity === undefined ? undefined : createTokenCheck(webIdentity);
  requireOptions(options);
  const check = (request: ExchangeRequest, context: ProofContext): Promise<Proof | ExchangeRefusal> => {
    if ("url" in request) return checkSignedProof(request.url, options, context);
    if (checkToken !== undefined) return checkToken(request.webIdentityToken, context);
    return Promise.resolve({ code: "InvalidRequest", message: "this deployment takes no web identity tokens" });
  };
  return async (request, signal) => {
    const { durationSeconds = maxSeconds } = request;
    if (!Number.isInteger(durationSeconds) || durationSeconds < minSeconds || durationSeconds > maxSeconds)
      return refuse("InvalidRequest", `durationSeconds: has to be from ${minSeconds} to ${maxSeconds}`);
    const proof = await check(request, { now: clock.now(), logger, signal });
    if ("code" in proof) return refuse(proof.code, proof.message);
    const { principal: proved, once, about = {} } = proof;
    if (!isAllowed(options.accounts, proved.account)) {
      logger.warn("an identity of another account was refused", { principal: proved.arn });
      return refuse("AccessDenied", `account ${proved.account} is not among those that this deployment serves`);
    }
    // Before the proof is taken: one that nothing comes of can be used again.
    const ring = await orWarn(logger, "there are no session keys", () => keyring(signal));
    if (ring === undefined) return unavailable;
    const isFresh = await orWarn(
      logger,
      "a proof could not be taken",
      () => once === undefined || replayGuard.take(once.id, once.until),
    );
    if (isFresh === undefined) return unavailable;
    if (!isFresh) return refuse("ReplayedRequest", replayMessage(request));
    const principal: AwsPrincipal = { tags: {}, ...proved, ...options.detailsOf?.(proved) };
    const expiration = new Date(clock.now().getTime() + durationSeconds * 1000);
    const credentials = issue(ring, principal, expiration);
    if (credentials === undefined) return refuse("AccessDenied", "the principal has too many tags for a session token");
    logger.info("credentials were exchanged", {
      principal: principal.arn,
      accessKeyId: credentials.AccessKeyId,
      ...about,
    });
    return { kind: "granted", credentials, principal };
  };
}

function refuse(code: ExchangeRefusal["code"], message: string): ExchangeResult {
  return { kind: "refused", code, message };
}

function replayMessage(request: ExchangeRequest): string {
  return "url" in request
    ? "the signed request has been used before: sign anew"
    : "the token has been used before: get another from its issuer";
}

function requireOptions(options: CredentialExchangeOptions): void {
  const { stsEndpoints, audience, accounts, webIdentity, maxSeconds = 3_600 } = options;
  const isEndpoint = (text: string): boolean =>
    /^https:\/\/[a-z0-9.-]{1,200}(:\d{1,5})?$/.test(text) || /^http:\/\/(127\.0\.0\.1|localhost):\d{1,5}$/.test(text);
  if (stsEndpoints.length === 0 || !stsEndpoints.every(isEndpoint))
    throw new RangeError("stsEndpoints: give at least one origin such as `https://sts.us-west-2.amazonaws.com`");
  // No space at an end: signers would take it away, and nobody's signature would fit.
  if (!/^[\x21-\x7e]{1,256}$/.test(audience))
    throw new RangeError("audience: use 1–256 printable characters without spaces");
  if (accounts !== "any" && !accounts.every((account) => /^\d{12}$/.test(account)))
    throw new RangeError("accounts: give account ids of twelve digits, or any");
  const foreign = webIdentity?.mappings.find(({ roleArn }) => !isAllowed(accounts, readRoleArn(roleArn).account));
  if (foreign !== undefined)
    throw new RangeError(`webIdentity: the account of ${foreign.roleArn} is not among accounts`);
  if (!Number.isInteger(maxSeconds) || maxSeconds < minSeconds || maxSeconds > maxSecondsEver)
    throw new RangeError(`maxSeconds: has to be from ${minSeconds} to ${maxSecondsEver}`);
}

function isAllowed(accounts: readonly string[] | "any", account: string): boolean {
  return accounts === "any" || accounts.includes(account);
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
