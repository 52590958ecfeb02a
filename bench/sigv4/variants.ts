import { createHash, createHmac, type Hash, type Hmac } from "node:crypto";
import { type Credential, createSignatureVerifier, Secret } from "@pergola/iam";
import { SignatureV4 } from "@smithy/signature-v4";
import aws4 from "aws4";
import { type BenchRequest, headersAt, key, now, sessionToken } from "./requests.ts";
import { textbookVerify } from "./textbook-verifier.ts";

/** @returns true when the way takes the request for rightly signed */
export type Variant = (request: BenchRequest) => boolean | Promise<boolean>;

const account = "123456789012";
const credential: Credential = {
  accessKeyId: key.accessKeyId,
  secret: new Secret(key.secret),
  sessionToken,
  expiresAt: "2026-11-23T12:00:00Z",
  principal: { kind: "aws", arn: `arn:aws:iam::${account}:user/bench`, account, type: "User", tags: {} },
};

const verifier = createSignatureVerifier(
  { service: key.service, region: key.region, payload: "unsigned-only" },
  (id) => (id === key.accessKeyId ? credential : undefined),
);

class NodeSha256 {
  readonly #hash: Hash | Hmac;

  constructor(secret?: string | Uint8Array) {
    this.#hash = secret === undefined ? createHash("sha256") : createHmac("sha256", secret);
  }

  update(data: string | Uint8Array): void {
    this.#hash.update(data);
  }

  reset(): void {}

  async digest(): Promise<Uint8Array> {
    return this.#hash.digest();
  }
}

const credentials = { accessKeyId: key.accessKeyId, secretAccessKey: key.secret, sessionToken };
const smithy = new SignatureV4({
  credentials,
  region: key.region,
  service: key.service,
  sha256: NodeSha256 as never,
  applyChecksum: false,
});

function authorizationOf(request: BenchRequest): string {
  return request.rawHeaders[request.rawHeaders.indexOf("Authorization") + 1] as string;
}

/** Signs again and compares, as one can with a signer and no verifier. */
async function smithyResign(request: BenchRequest): Promise<boolean> {
  const headers: Record<string, string> = {};
  let hostname = "";
  for (let i = 0; i < request.rawHeaders.length; i += 2) {
    const name = (request.rawHeaders[i] as string).toLowerCase();
    if (name === "host") hostname = request.rawHeaders[i + 1] as string;
    if (isSignedByUs(name)) headers[name] = request.rawHeaders[i + 1] as string;
  }
  const query = Object.fromEntries(new URLSearchParams(request.query));
  const { method, path } = request;
  const again = await smithy.sign(
    { method, protocol: "https:", hostname, path, query, headers },
    {
      signingDate: timeOf(request.timestamp),
      // user-agent is signed by the client here, but the signer leaves it out unless it is told
      signableHeaders: new Set(["user-agent"]),
    },
  );
  return again.headers.authorization === authorizationOf(request);
}

const signedNames = new Set(headersAt("").map(([name]) => name.toLowerCase()));

function isSignedByUs(name: string): boolean {
  return signedNames.has(name);
}

function timeOf(stamp: string): Date {
  const iso = stamp.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, "$1-$2-$3T$4:$5:$6Z");
  return new Date(iso);
}

function aws4Resign(request: BenchRequest): boolean {
  const headers: Record<string, string> = {};
  for (let i = 0; i < request.rawHeaders.length; i += 2) {
    const name = (request.rawHeaders[i] as string).toLowerCase();
    if (isSignedByUs(name)) headers[name] = request.rawHeaders[i + 1] as string;
  }
  const again = aws4.sign(
    {
      method: request.method,
      host: headers.host ?? "",
      path: `${request.path}?${request.query}`,
      service: key.service,
      region: key.region,
      headers,
      extraHeadersToInclude: { "user-agent": true },
    } as aws4.Request,
    credentials,
  );
  return again.headers?.Authorization === authorizationOf(request);
}

export const variants: Readonly<Record<string, Variant>> = {
  pergola: (request) => verifier.verify(request, now).kind === "verified",
  textbook: textbookVerify,
  "smithy re-sign": smithyResign,
  "aws4 re-sign": aws4Resign,
};
