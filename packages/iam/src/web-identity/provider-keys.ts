import type { JSONWebKeySet, JWTVerifyGetKey } from "jose";
import type { JsonFetcher } from "./fetch-json.ts";
import { type OidcProvider, WebIdentityError } from "./web-identity.ts";

/** Chooses the key that a token's header names, as `jose` asks for it. */
type KeyChoice = JWTVerifyGetKey;

/** The keys of one provider, fetched when first needed. */
export type ProviderKeys = (now: Date) => KeyChoice;

/** Keys are fetched anew after this time, and when a token names a key that is not known, at most each half minute. */
const maxAgeMs = 600_000;
const cooldownMs = 30_000;
/** After a fetch that failed. Whoever has no valid token can make us fetch, so it is bounded. */
const failureCooldownMs = 1_000;
const maxKeys = 100;

/**
 * @returns the provider's keys. Requests that wait for a fetch share it. The choice rejects with jose's JWKSNoMatchingKey when the
 * provider has no such key, and with WebIdentityError when its keys cannot be had
 */
export function createProviderKeys(provider: OidcProvider, fetchJson: JsonFetcher): ProviderKeys {
  let held: { readonly choose: KeyChoice; readonly since: number } | undefined;
  let fetching: Promise<KeyChoice> | undefined;
  let lastAttempt = Number.NEGATIVE_INFINITY;

  const load = async (time: number): Promise<KeyChoice> => {
    const choose = await fetchKeys(provider, fetchJson);
    held = { choose, since: time };
    return choose;
  };
  const fetchAnew = (time: number, pauseMs: number): Promise<KeyChoice> | undefined => {
    if (fetching !== undefined) return fetching;
    if (time - lastAttempt < pauseMs) return undefined;
    lastAttempt = time;
    fetching = load(time).finally(() => {
      fetching = undefined;
    });
    return fetching;
  };
  const current = (time: number): KeyChoice | Promise<KeyChoice> => {
    if (held !== undefined && time - held.since < maxAgeMs) return held.choose;
    const fetched = fetchAnew(time, failureCooldownMs);
    if (fetched === undefined) throw new WebIdentityError("unreachable", awayMessage(provider));
    return fetched;
  };
  return (now) => async (header, token) => {
    const { errors } = await import("jose");
    const time = now.getTime();
    const choose = await current(time);
    try {
      return await choose(header, token);
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey)) throw error;
      const fetched = fetchAnew(time, cooldownMs);
      if (fetched === undefined) throw error;
      return (await fetched)(header, token);
    }
  };
}

async function fetchKeys(provider: OidcProvider, fetchJson: JsonFetcher): Promise<KeyChoice> {
  try {
    const uri = provider.jwksUri ?? (await discover(provider.issuer, fetchJson));
    const keySet = asKeySet(await fetchJson(uri));
    const { createLocalJWKSet } = await import("jose");
    return createLocalJWKSet(keySet);
  } catch (error) {
    throw new WebIdentityError("unreachable", awayMessage(provider), { cause: error });
  }
}

function awayMessage({ issuer }: OidcProvider): string {
  return `the keys of \`${issuer}\` could not be fetched`;
}

async function discover(issuer: string, fetchJson: JsonFetcher): Promise<string> {
  const document = await fetchJson(`${issuer.replace(/\/$/, "")}/.well-known/openid-configuration`);
  const { issuer: named, jwks_uri: uri } = (document ?? {}) as { issuer?: unknown; jwks_uri?: unknown };
  if (named !== issuer || typeof uri !== "string")
    throw new Error("the discovery document is another issuer's or has no jwks_uri");
  // Who could answer in place of the keys' host could sign in anybody's name.
  const { protocol } = new URL(uri);
  if (protocol !== "https:" && !issuer.startsWith("http://")) throw new Error("jwks_uri has to be an https URL");
  return uri;
}

/** Public keys alone: a shared secret in the set would verify what anybody who reads the set has signed. */
function asKeySet(value: unknown): JSONWebKeySet {
  const { keys } = (value ?? {}) as { keys?: unknown };
  if (!Array.isArray(keys) || keys.length > maxKeys)
    throw new Error(`the key set needs a list of at most ${maxKeys} keys`);
  const isPublic = (key: unknown): boolean =>
    typeof key === "object" &&
    key !== null &&
    "kty" in key &&
    ["RSA", "EC", "OKP"].includes(`${key.kty}`) &&
    !("d" in key);
  return { keys: keys.filter(isPublic) } as JSONWebKeySet;
}
