import { type WebIdentity, WebIdentityError, type WebIdentityVerifier } from "@pergola/control-plane";
import { createRemoteJWKSet, errors, type JWTPayload, jwtVerify } from "jose";

/** An OpenID Connect provider whose tokens are accepted. */
export interface OidcProvider {
  /** `https://…`, exactly as in the tokens' `iss`. */
  readonly issuer: string;
  /** Client ids of which one has to be in `aud`. */
  readonly audiences: readonly string[];
  /** Where the keys are; default: what the issuer's discovery document says. */
  readonly jwksUri?: string;
}

/** Only signatures by public keys: a shared secret or `none` would let anybody sign. */
const algorithms = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"];
const fetchTimeoutMs = 5_000;
/** Keys are fetched anew after this time, and when a token names a key that is not known, at most each half minute. */
const keysMaxAgeMs = 600_000;
const cooldownMs = 30_000;
const maxDiscoveryBytes = 64 * 1024;

type KeySet = ReturnType<typeof createRemoteJWKSet>;

/** @returns a verifier for tokens of these providers; keys are fetched when first needed and cached */
export function createWebIdentityVerifier(providers: readonly OidcProvider[]): WebIdentityVerifier {
  const keySets = new Map<string, Promise<KeySet>>();
  const keysOf = (provider: OidcProvider): Promise<KeySet> => {
    const known = keySets.get(provider.issuer);
    if (known !== undefined) return known;
    const opened = openKeySet(provider);
    keySets.set(provider.issuer, opened);
    opened.catch(() => keySets.delete(provider.issuer));
    return opened;
  };
  return async (token, now) => {
    const provider = providers.find(({ issuer }) => issuer === claimedIssuer(token));
    if (provider === undefined)
      throw new WebIdentityError("invalid", "the token's issuer is no provider of this deployment");
    const payload = await verify(token, await keysOf(provider), provider, now);
    return toWebIdentity(provider, payload);
  };
}

function claimedIssuer(token: string): unknown {
  try {
    const [, payload = ""] = token.split(".");
    return (JSON.parse(Buffer.from(payload, "base64url").toString("utf8")) as JWTPayload).iss;
  } catch (error) {
    throw new WebIdentityError("invalid", "the token is not a JSON Web Token", { cause: error });
  }
}

async function openKeySet({ issuer, jwksUri }: OidcProvider): Promise<KeySet> {
  const uri = jwksUri ?? (await discover(issuer));
  return createRemoteJWKSet(new URL(uri), {
    timeoutDuration: fetchTimeoutMs,
    cacheMaxAge: keysMaxAgeMs,
    cooldownDuration: cooldownMs,
  });
}

async function discover(issuer: string): Promise<string> {
  try {
    const url = `${issuer.replace(/\/$/, "")}/.well-known/openid-configuration`;
    const response = await fetch(url, { signal: AbortSignal.timeout(fetchTimeoutMs), redirect: "error" });
    const text = await response.text();
    if (!response.ok || text.length > maxDiscoveryBytes)
      throw new Error(`status ${response.status}, ${text.length} characters`);
    const document = JSON.parse(text) as { issuer?: unknown; jwks_uri?: unknown };
    if (document.issuer !== issuer || typeof document.jwks_uri !== "string")
      throw new Error("the document is another issuer's or has no jwks_uri");
    return document.jwks_uri;
  } catch (error) {
    throw new WebIdentityError("unreachable", `the discovery document of \`${issuer}\` could not be read`, {
      cause: error,
    });
  }
}

async function verify(
  token: string,
  keys: KeySet,
  { issuer, audiences }: OidcProvider,
  now: Date,
): Promise<JWTPayload> {
  try {
    const options = {
      issuer,
      audience: [...audiences],
      algorithms,
      currentDate: now,
      requiredClaims: ["sub", "exp", "iat"],
    };
    return (await jwtVerify(token, keys, options)).payload;
  } catch (error) {
    if (error instanceof errors.JWTExpired)
      throw new WebIdentityError("expired", "the token has expired", { cause: error });
    if (error instanceof errors.JOSEError && !(error instanceof errors.JWKSTimeout)) {
      throw new WebIdentityError("invalid", `the token is not accepted: ${error.code}`, { cause: error });
    }
    throw new WebIdentityError("unreachable", `the keys of \`${issuer}\` could not be fetched`, { cause: error });
  }
}

function toWebIdentity({ issuer }: OidcProvider, payload: JWTPayload): WebIdentity {
  const { sub = "", aud = [] } = payload;
  const audience = typeof aud === "string" ? [aud] : aud;
  return { provider: issuer.replace(/^https?:\/\//, ""), subject: sub, audience, claims: payload };
}
