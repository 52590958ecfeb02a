import { createHmac, generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import { createServer, type RequestListener } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";

export interface TokenParts {
  readonly header?: Readonly<Record<string, unknown>>;
  readonly claims?: Readonly<Record<string, unknown>>;
}

/** An OpenID Connect issuer on this machine: discovery, keys, and tokens good and bad. */
export interface TokenIssuer extends AsyncDisposable {
  readonly url: string;
  /** How often the keys were fetched. */
  readonly keyFetches: number;
  /** @returns a token that is good but for what `parts` changes; a member that is undefined is left out */
  token(parts?: TokenParts): string;
  /** A token whose "signature" is an HMAC with the public key, which everybody has. */
  tokenByPublicKey(): string;
  /** A token signed with a key of the same id that is not the issuer's. */
  tokenByStranger(): string;
  /** Signs with a new key from now on, and publishes that one only. */
  rotate(): void;
  /** Answers for the keys in place of them, where it is set. */
  answering: RequestListener | undefined;
  /** Answers everything with 503, or not any more. */
  setAway(away: boolean): void;
}

interface Key {
  readonly id: string;
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
}

/** How an issuer signs. */
export type IssuerAlgorithm = "RS256" | "ES256";

function newKey(id: string, algorithm: IssuerAlgorithm): Key {
  if (algorithm === "ES256") return { id, ...generateKeyPairSync("ec", { namedCurve: "P-256" }) };
  return { id, ...generateKeyPairSync("rsa", { modulusLength: 2048 }) };
}

const encoded = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString("base64url");

/** @param tls key and certificate for `localhost`, PEM; absent: plain HTTP */
export async function openTokenIssuer(
  audience: string,
  algorithm: IssuerAlgorithm = "RS256",
  tls?: { readonly key: string; readonly cert: string },
): Promise<TokenIssuer> {
  let key = newKey("key-1", algorithm);
  let answering: RequestListener | undefined;
  let rotations = 1;
  let keyFetches = 0;
  let isAway = false;
  let url = "";
  const answer: RequestListener = (request, response) => {
    if (isAway) {
      response.writeHead(503).end();
      return;
    }
    if (request.url === "/.well-known/openid-configuration") {
      response.end(JSON.stringify({ issuer: url, jwks_uri: `${url}/keys` }));
    } else if (request.url === "/keys") {
      keyFetches += 1;
      if (answering !== undefined) return answering(request, response);
      const jwk = { ...key.publicKey.export({ format: "jwk" }), kid: key.id, use: "sig", alg: algorithm };
      response.end(JSON.stringify({ keys: [jwk] }));
    } else response.writeHead(404).end();
  };
  const server = tls === undefined ? createServer(answer) : createTlsServer(tls, answer);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const origin = tls === undefined ? "http://127.0.0.1" : "https://localhost";
  url = `${origin}:${(server.address() as AddressInfo).port}`;

  const unsigned = ({ header = {}, claims = {} }: TokenParts): string => {
    const seconds = Math.floor(Date.now() / 1000);
    const times = { iat: seconds - 1, exp: seconds + 300 };
    const allClaims = { iss: url, aud: audience, sub: "job-7", ...times, ...claims };
    return `${encoded({ alg: algorithm, kid: key.id, typ: "JWT", ...header })}.${encoded(allClaims)}`;
  };
  const signedBy = (signer: Key, parts: TokenParts): string => {
    const text = unsigned(parts);
    const privateKey = { key: signer.privateKey, dsaEncoding: "ieee-p1363" } as const;
    return `${text}.${sign("sha256", Buffer.from(text), privateKey).toString("base64url")}`;
  };
  return {
    url,
    get keyFetches() {
      return keyFetches;
    },
    get answering() {
      return answering;
    },
    set answering(listener) {
      answering = listener;
    },
    token: (parts = {}) => signedBy(key, parts),
    tokenByPublicKey() {
      const text = unsigned({ header: { alg: "HS256" } });
      const pem = key.publicKey.export({ format: "pem", type: "spki" });
      return `${text}.${createHmac("sha256", pem).update(text).digest("base64url")}`;
    },
    tokenByStranger: () => signedBy(newKey(key.id, algorithm), {}),
    rotate() {
      rotations += 1;
      key = newKey(`key-${rotations}`, algorithm);
    },
    setAway(away) {
      isAway = away;
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}
