import type { JWTPayload } from "jose";
import { createJsonFetcher, type JsonFetcher } from "./fetch-json.ts";
import { createProviderKeys, type ProviderKeys } from "./provider-keys.ts";
import { type OidcProvider, type WebIdentity, WebIdentityError, type WebIdentityVerifier } from "./web-identity.ts";

export interface WebIdentityVerifierOptions {
  /** Only signatures by public keys: a shared secret or `none` would let anybody sign. Default: all of jose's that are. */
  readonly algorithms?: readonly string[];
  readonly fetchJson?: JsonFetcher;
}

const publicKeyAlgorithms = [
  ...["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"],
];
/** Characters, as at STS. Source: STS API reference, AssumeRoleWithWebIdentity, read 2026-11. */
const maxTokenLength = 20_000;
/** How far clocks may differ, in seconds. */
const skew = 30;
/** A token is accepted for this long after `iat`, in seconds, whatever its `exp` says. */
const maxAge = 86_400;

/**
 * @returns a verifier for tokens of these providers; keys are fetched when first needed and cached. `jose` is loaded with the first
 * token: few processes ever see one
 */
export function createWebIdentityVerifier(
  providers: readonly OidcProvider[],
  { algorithms = publicKeyAlgorithms, fetchJson = createJsonFetcher() }: WebIdentityVerifierOptions = {},
): WebIdentityVerifier {
  const known = providers.map((provider) => ({ provider, keys: createProviderKeys(provider, fetchJson) }));
  return async (token, now) => {
    const claimed = claimedIssuer(token);
    const found = known.find(({ provider }) => provider.issuer === claimed);
    if (found === undefined)
      throw new WebIdentityError("invalid", "the token's issuer is no provider of this deployment");
    const { provider, keys } = found;
    return toWebIdentity(provider, await verify(token, keys, { provider, algorithms, now }));
  };
}

function claimedIssuer(token: string): unknown {
  if (token.length > maxTokenLength)
    throw new WebIdentityError("invalid", `the token has more than ${maxTokenLength} characters`);
  try {
    const [, payload = ""] = token.split(".", 2);
    return (JSON.parse(Buffer.from(payload, "base64url").toString("utf8")) as JWTPayload).iss;
  } catch (error) {
    throw new WebIdentityError("invalid", "the token is not a JSON Web Token", { cause: error });
  }
}

interface Verification {
  readonly provider: OidcProvider;
  readonly algorithms: readonly string[];
  readonly now: Date;
}

async function verify(token: string, keys: ProviderKeys, rules: Verification): Promise<JWTPayload> {
  const { errors, jwtVerify } = await import("jose");
  const { provider, algorithms, now } = rules;
  const { issuer, audiences } = provider;
  try {
    const options = {
      issuer,
      audience: [...audiences],
      algorithms: [...algorithms],
      currentDate: now,
      clockTolerance: skew,
      maxTokenAge: maxAge,
      requiredClaims: ["sub", "exp", "iat"],
    };
    return (await jwtVerify(token, keys(now), options)).payload;
  } catch (error) {
    if (error instanceof WebIdentityError) throw error;
    if (error instanceof errors.JWTExpired)
      throw new WebIdentityError("expired", "the token has expired", { cause: error });
    if (error instanceof errors.JWTClaimValidationFailed)
      throw new WebIdentityError("invalid", `the token is not accepted: its claim \`${error.claim}\``, {
        cause: error,
      });
    if (error instanceof errors.JOSEError)
      throw new WebIdentityError("invalid", `the token is not accepted: ${error.code}`, { cause: error });
    throw new WebIdentityError("unreachable", `the keys of \`${issuer}\` cannot be used`, { cause: error });
  }
}

function toWebIdentity({ issuer }: OidcProvider, payload: JWTPayload): WebIdentity {
  const { sub, aud = [], exp = 0, iat = 0 } = payload;
  if (typeof sub !== "string" || sub === "")
    throw new WebIdentityError("invalid", "the token is not accepted: its claim `sub`");
  const audience = typeof aud === "string" ? [aud] : aud;
  const validUntil = new Date((Math.min(exp, iat + maxAge) + skew) * 1000);
  return { issuer, provider: issuer.replace(/^https?:\/\//, ""), subject: sub, audience, claims: payload, validUntil };
}
