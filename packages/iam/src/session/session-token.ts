import { type Credential, Secret } from "../credential.ts";
import type { AwsPrincipal } from "../principal.ts";
import type { Keyring } from "./keyring.ts";
import { maxSealedLength, seal, unseal } from "./seal.ts";

/**
 * What a session token carries, sealed: whoever holds the keyring can verify the session's signatures without any look-up.
 */
export interface SessionClaims {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** ISO 8601. */
  readonly expiresAt: string;
  readonly principal: AwsPrincipal;
  /** The user or role whose identity policies and boundary limit the session. */
  readonly issuer: string;
  /** Stable id of the issuer: a role or user that is made anew under the same name does not vouch for old sessions. */
  readonly issuerId?: string;
  readonly sessionPolicies?: readonly string[];
  /** Tags that a role assumed from this session inherits. */
  readonly transitiveTagKeys?: readonly string[];
  /** Names of `AssumeRole` calls in a row are limited to one hour from the second on. */
  readonly chained?: boolean;
}

/** Not imported: docs/lambda.md, "Bundles". */
const zlib = (): typeof import("node:zlib") => process.getBuiltinModule("node:zlib");

const purpose = "session";
/** A token inflates to no more than this, whatever it says of itself. */
const maxClaimsBytes = 256 * 1024;

/** The session's policies and tags do not fit into a token. */
export class SessionTooLarge extends Error {
  override readonly name = "SessionTooLarge";
}

/** @returns the session token @throws SessionTooLarge */
export function sealSession(keyring: Keyring, claims: SessionClaims): string {
  const token = seal(keyring, purpose, zlib().deflateRawSync(JSON.stringify(claims)));
  if (token.length > maxSealedLength)
    throw new SessionTooLarge(`the session takes ${token.length} of ${maxSealedLength} characters`);
  return token;
}

/** @returns the claims, or undefined when the token is not one of ours; the caller still has to look at `expiresAt` */
export function openSession(keyring: Keyring, token: string): SessionClaims | undefined {
  const bytes = unseal(keyring, purpose, token);
  if (bytes === undefined) return undefined;
  return JSON.parse(
    zlib().inflateRawSync(bytes, { maxOutputLength: maxClaimsBytes }).toString("utf8"),
  ) as SessionClaims;
}

/** What the issuer of a session contributes when it is used: its policies as they are now. */
export type IssuerPolicies = Pick<Credential, "identityPolicies" | "permissionBoundary">;

/** @returns the credential that a session stands for */
export function sessionCredential(
  claims: SessionClaims,
  token: string,
  issuer: IssuerPolicies | undefined,
): Credential {
  return {
    accessKeyId: claims.accessKeyId,
    secret: new Secret(claims.secretAccessKey),
    sessionToken: token,
    isFoundByToken: true,
    expiresAt: claims.expiresAt,
    principal: claims.principal,
    ...issuer,
    ...(claims.sessionPolicies === undefined ? {} : { sessionPolicies: claims.sessionPolicies }),
  };
}
