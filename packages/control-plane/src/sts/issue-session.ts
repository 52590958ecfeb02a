import {
  type AwsPrincipal,
  newAccessKeyId,
  newSecretAccessKey,
  type SessionClaims,
  SessionTooLarge,
  sealSession,
} from "@pergola/iam";
import { StsError } from "./sts-error.ts";
import type { StsContext } from "./sts-operation.ts";

export interface SessionRequest {
  readonly principal: AwsPrincipal;
  /** ARN of the role or user whose policies limit the session. */
  readonly issuer: string;
  /** The issuer's stable id, where it has one. */
  readonly issuerId: string | undefined;
  readonly seconds: number;
  readonly sessionPolicy?: string | undefined;
  readonly transitiveTagKeys?: readonly string[];
  readonly chained?: boolean;
}

/**
 * Mints temporary credentials. Nothing is stored: the session token carries everything, sealed.
 * @returns the `Credentials` of an STS answer
 * @throws StsError PackedPolicyTooLarge
 */
export function issueSession({ ports, now }: StsContext, request: SessionRequest): Record<string, unknown> {
  const { principal, issuer, issuerId, seconds, sessionPolicy, transitiveTagKeys, chained } = request;
  const expiration = new Date(now.getTime() + seconds * 1000);
  const claims: SessionClaims = {
    accessKeyId: newAccessKeyId("session"),
    secretAccessKey: newSecretAccessKey(),
    expiresAt: expiration.toISOString(),
    principal,
    issuer,
    ...(issuerId === undefined ? {} : { issuerId }),
    ...(sessionPolicy === undefined ? {} : { sessionPolicies: [sessionPolicy] }),
    ...(transitiveTagKeys === undefined ? {} : { transitiveTagKeys }),
    ...(chained === undefined ? {} : { chained }),
  };
  try {
    const SessionToken = sealSession(ports.keyring(), claims);
    const { accessKeyId, secretAccessKey } = claims;
    return { AccessKeyId: accessKeyId, SecretAccessKey: secretAccessKey, SessionToken, Expiration: expiration };
  } catch (error) {
    if (!(error instanceof SessionTooLarge)) throw error;
    throw new StsError("PackedPolicyTooLarge", 400, error.message, { cause: error });
  }
}
