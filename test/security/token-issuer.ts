import { createHmac, generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import { createServer } from "node:http";
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
  /** Answers everything with 503, or not any more. */
  setAway(away: boolean): void;
}

interface Key {
  readonly id: string;
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
}

function newKey(id: string): Key {
  return { id, ...generateKeyPairSync("rsa", { modulusLength: 2048 }) };
}

const encoded = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString("base64url");

export async function openTokenIssuer(audience: string): Promise<TokenIssuer> {
  let key = newKey("key-1");
  let rotations = 1;
  let keyFetches = 0;
  let isAway = false;
  let url = "";
  const server = createServer((request, response) => {
    if (isAway) {
      response.writeHead(503).end();
      return;
    }
    if (request.url === "/.well-known/openid-configuration") {
      response.end(JSON.stringify({ issuer: url, jwks_uri: `${url}/keys` }));
    } else if (request.url === "/keys") {
      keyFetches += 1;
      const jwk = { ...key.publicKey.export({ format: "jwk" }), kid: key.id, use: "sig", alg: "RS256" };
      response.end(JSON.stringify({ keys: [jwk] }));
    } else response.writeHead(404).end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  const unsigned = ({ header = {}, claims = {} }: TokenParts): string => {
    const seconds = Math.floor(Date.now() / 1000);
    const times = { iat: seconds - 1, exp: seconds + 300 };
    const allClaims = { iss: url, aud: audience, sub: "job-7", ...times, ...claims };
    return `${encoded({ alg: "RS256", kid: key.id, typ: "JWT", ...header })}.${encoded(allClaims)}`;
  };
  const signedBy = (signer: Key, parts: TokenParts): string => {
    const text = unsigned(parts);
    return `${text}.${sign("sha256", Buffer.from(text), signer.privateKey).toString("base64url")}`;
  };
  return {
    url,
    get keyFetches() {
      return keyFetches;
    },
    token: (parts = {}) => signedBy(key, parts),
    tokenByPublicKey() {
      const text = unsigned({ header: { alg: "HS256" } });
      const pem = key.publicKey.export({ format: "pem", type: "spki" });
      return `${text}.${createHmac("sha256", pem).update(text).digest("base64url")}`;
    },
    tokenByStranger: () => signedBy(newKey(key.id), {}),
    rotate() {
      rotations += 1;
      key = newKey(`key-${rotations}`);
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
