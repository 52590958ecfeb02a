import { createHash } from "node:crypto";
import { type Credential, createSignatureVerifier, Secret, type SignedRequest } from "@pergola/iam";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { textbookAuthorization } from "./textbook.ts";

const key = {
  accessKeyId: "AKIDEXAMPLE",
  secret: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
  region: "us-west-2",
  service: "vpc-lattice-svcs",
};
const timestamp = "20261123T041500Z";
const now = new Date("2026-11-23T04:15:00Z");
const account = "123456789012";

function credentialOf(accessKeyId: string, more: Partial<Credential> = {}): Credential {
  const arn = `arn:aws:iam::${account}:user/${accessKeyId}`;
  const principal = { kind: "aws", arn, account, type: "User", tags: {} } as const;
  return { accessKeyId, secret: new Secret(key.secret), principal, ...more };
}

const known = new Map<string, Credential>(
  [
    credentialOf(key.accessKeyId),
    credentialOf("ASIATEMP", { sessionToken: "token/+=", expiresAt: "2026-11-23T05:00:00Z" }),
    credentialOf("ASIAOLD", { sessionToken: "token/+=", expiresAt: "2026-11-23T04:15:00Z" }),
    credentialOf("ASIABAD", { sessionToken: "token/+=", expiresAt: "tomorrow" }),
  ].map((credential) => [credential.accessKeyId, credential]),
);
const scope = { service: key.service, region: key.region, payload: "unsigned-only" } as const;
const verifier = createSignatureVerifier(scope, (id) => known.get(id));
const signedBodies = createSignatureVerifier({ ...scope, payload: "any" }, (id) => known.get(id));

interface Signing {
  method?: string;
  path?: string;
  query?: string;
  canonicalPath?: string;
  canonicalQuery?: string;
  /** Signed headers beside host and x-amz-date; undefined leaves one of those out. */
  headers?: Record<string, string | undefined>;
  payloadHash?: string;
  key?: Partial<typeof key>;
  timestamp?: string;
}

/** A request whose wire form and signed form are the same unless told otherwise. */
function sign(signing: Signing = {}): SignedRequest {
  const { method = "GET", path = "/a", query = "", payloadHash = "UNSIGNED-PAYLOAD" } = signing;
  const stamp = signing.timestamp ?? timestamp;
  const headers = { host: "svc.example", "x-amz-content-sha256": payloadHash, "x-amz-date": stamp, ...signing.headers };
  const signed = Object.entries(headers)
    .filter((entry): entry is [string, string] => entry[1] !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  const { canonicalPath = path, canonicalQuery = query } = signing;
  const request = { method, canonicalPath, canonicalQuery, signed, payloadHash };
  const authorization = textbookAuthorization(request, { ...key, ...signing.key }, stamp);
  return { method, path, query, rawHeaders: [...signed.flat(), "authorization", authorization] };
}

const withHeaders = (request: SignedRequest, ...rawHeaders: string[]): SignedRequest => ({
  ...request,
  rawHeaders: [...request.rawHeaders, ...rawHeaders],
});

function replaced(request: SignedRequest, name: string, change: (value: string) => string): SignedRequest {
  const isValue = (i: number): boolean => i % 2 === 1 && request.rawHeaders[i - 1] === name;
  return { ...request, rawHeaders: request.rawHeaders.map((text, i) => (isValue(i) ? change(text) : text)) };
}

const without = (request: SignedRequest, name: string): SignedRequest => ({
  ...request,
  rawHeaders: request.rawHeaders.filter((_, i, all) => all[i - (i % 2)] !== name),
});

const temporary = (token: string | undefined, accessKeyId = "ASIATEMP"): SignedRequest =>
  sign({ key: { accessKeyId }, headers: { "x-amz-security-token": token } });

describe("a signed request", () => {
  it("is its credential's, with what was signed", () => {
    expect(verifier.verify(sign(), now)).toEqual({
      kind: "verified",
      credential: known.get(key.accessKeyId),
      signedHeaders: ["host", "x-amz-content-sha256", "x-amz-date"],
      payloadHash: "UNSIGNED-PAYLOAD",
    });
  });

  it.each<[string, SignedRequest]>([
    ["a session token", temporary("token/+=")],
    ["headers in another case and order", flipped(sign({ headers: { "x-a": "1" } }))],
    ["blanks around and within a value", replaced(sign({ headers: { "x-a": "1 2" } }), "x-a", () => " \t1 \t 2  ")],
    ["an empty value", sign({ headers: { "x-a": "" } })],
    ["a repeated header", withHeaders(without(sign({ headers: { "x-a": "1,2" } }), "x-a"), "x-a", "1", "X-A", " 2 ")],
    [
      "a cookie in crumbs",
      withHeaders(without(sign({ headers: { cookie: "a=1; b=2" } }), "cookie"), "cookie", "a=1", "cookie", "b=2"),
    ],
    ["bytes beyond ASCII in a value", sign({ headers: { "x-a": "\u00c3\u00a0" } })],
    ["headers that nobody signed", withHeaders(sign(), "x-forwarded-for", "10.0.0.1", "x-amzn-trace-id", "Root=1")],
    ["`:authority` for host", renamed(sign(), "host", ":authority")],
    ["`:authority` beside the same host", withHeaders(sign(), ":authority", "svc.example")],
    ["Date for x-amz-date", sign({ headers: { "x-amz-date": undefined, date: timestamp } })],
    ["slashes as they were sent", sign({ path: "//a" })],
    ["slashes merged by the signer", sign({ path: "//a//b", canonicalPath: "/a/b" })],
    ["dot segments as they were sent", sign({ path: "/a/../b" })],
    ["`+` signed as a space", sign({ query: "a=b+c", canonicalQuery: "a=b%20c" })],
    ["`+` signed as it is", sign({ query: "a=b+c" })],
    ["slashes merged and the query as it is", sign({ path: "//a", canonicalPath: "/a", query: "a=b:c" })],
    ["the earliest allowed time", sign({ timestamp: "20261123T041000Z" })],
    ["the latest allowed time", sign({ timestamp: "20261123T042000Z" })],
  ])("counts with %s", (_, request) => {
    expect(verifier.verify(request, now)).toMatchObject({ kind: "verified" });
    expect(verifier.verify(request, now), "from the caches").toMatchObject({ kind: "verified" });
  });

  it.each<[string, string, SignedRequest]>([
    ["signature-mismatch", "another secret", sign({ key: { secret: "other" } })],
    ["signature-mismatch", "a path encoded once only", sign({ path: "/a%2Fb" })],
    ["signature-mismatch", "dot segments resolved by the signer", sign({ path: "/x/../a", canonicalPath: "/a" })],
    ["signature-mismatch", "`+` signed as an encoded plus", sign({ query: "a=b+c", canonicalQuery: "a=b%2Bc" })],
    ["signature-mismatch", "a wide character in a value", sign({ headers: { "x-a": "\u0141" } })],
    ["signature-mismatch", "a signed header doubled", withHeaders(sign({ headers: { "x-a": "1" } }), "x-a", "1")],
    ["unknown-access-key", "an unknown key", sign({ key: { accessKeyId: "AKIDOTHER" } })],
    ["token-mismatch", "another token", temporary("token/+-")],
    ["token-mismatch", "a token that begins like the right one", temporary("token/+==")],
    ["token-mismatch", "no token", temporary(undefined)],
    ["token-mismatch", "a token for a key that has none", temporary("token/+=", key.accessKeyId)],
    ["expired-token", "a credential that expires this moment", temporary("token/+=", "ASIAOLD")],
    ["expired-token", "an expiry that cannot be read", temporary("token/+=", "ASIABAD")],
    ["region-mismatch", "another region", sign({ key: { region: "us-east-1" } })],
    ["service-mismatch", "another service", sign({ key: { service: "vpc-lattice" } })],
    ["clock-skew", "a time too early", sign({ timestamp: "20261123T040959Z" })],
    ["clock-skew", "a time too late", sign({ timestamp: "20261123T042001Z" })],
    [
      "date-mismatch",
      "another day in the scope",
      replaced(sign(), "authorization", (text) => text.replace("20261123", "20261122")),
    ],
    ["malformed-date", "a time of another form", sign({ headers: { "x-amz-date": "2026-11-23T04:15:00Z" } })],
    [
      "malformed-date",
      "an HTTP date",
      sign({ headers: { "x-amz-date": undefined, date: "Mon, 23 Nov 2026 04:15:00 GMT" } }),
    ],
    ["missing-date", "no time", sign({ headers: { "x-amz-date": undefined } })],
    ["payload-signed", "a signed payload", sign({ payloadHash: "a".repeat(64) })],
    ["payload-signed", "a streamed payload", sign({ payloadHash: "STREAMING-UNSIGNED-PAYLOAD-TRAILER" })],
    ["missing-payload-hash", "no payload hash", sign({ headers: { "x-amz-content-sha256": undefined } })],
    ["unsigned-header", "host left unsigned", sign({ headers: { host: undefined, "x-host": "svc.example" } })],
    ["unsigned-header", "an x-amz- header left unsigned", withHeaders(sign(), "X-Amz-Target", "x")],
    ["missing-signed-header", "a signed header gone", without(sign({ headers: { "x-a": "1" } }), "x-a")],
    ["missing-signed-header", "host gone", without(sign(), "host")],
    ["duplicate-header", "two hosts", withHeaders(sign(), "Host", "svc.example")],
    ["duplicate-header", "another `:authority`", withHeaders(sign(), ":authority", "other.example")],
    ["duplicate-header", "two times", withHeaders(sign(), "X-Amz-Date", timestamp)],
    ["duplicate-header", "two payload hashes", withHeaders(sign(), "x-amz-content-sha256", "UNSIGNED-PAYLOAD")],
    ["duplicate-header", "two tokens", withHeaders(temporary("token/+="), "x-amz-security-token", "token/+=")],
    ["duplicate-header", "two authorizations", withHeaders(sign(), "Authorization", "Bearer x")],
    ["malformed-header", "a line break in a value", sign({ headers: { "x-a": "1\nx-b:2" } })],
    [
      "malformed-header",
      "a line break in `:authority`",
      renamed(sign({ headers: { host: "a\nb" } }), "host", ":authority"),
    ],
    ["malformed-path", "a broken escape in the path", sign({ path: "/%zz" })],
    ["malformed-query", "a broken escape in the query", sign({ query: "a=%" })],
    ["malformed-method", "a line break in the method", sign({ method: "GET\n/b" })],
    [
      "malformed-authorization",
      "headers out of order",
      replaced(sign(), "authorization", (text) =>
        text.replace("host;x-amz-content-sha256", "x-amz-content-sha256;host"),
      ),
    ],
    [
      "malformed-authorization",
      "a header named twice",
      replaced(sign(), "authorization", (text) => text.replace("=host;", "=host;host;")),
    ],
    [
      "malformed-authorization",
      "a header in upper case",
      replaced(sign(), "authorization", (text) => text.replace("=host;", "=Host;")),
    ],
    [
      "malformed-authorization",
      "an empty header name",
      replaced(sign(), "authorization", (text) => text.replace("=host;", "=;host;")),
    ],
    [
      "malformed-authorization",
      "itself signed",
      replaced(sign(), "authorization", (text) => text.replace("=host;", "=authorization;host;")),
    ],
    ["malformed-region-set", "no region set under SigV4A", asymmetric(sign())],
    [
      "malformed-region-set",
      "a bad region set under SigV4A",
      asymmetric(sign({ headers: { "x-amz-region-set": "?" } })),
    ],
    [
      "region-mismatch",
      "another region set under SigV4A",
      asymmetric(sign({ headers: { "x-amz-region-set": "eu-*" } })),
    ],
    [
      "signature-mismatch",
      "a signature that is no DER under SigV4A",
      asymmetric(sign({ headers: { "x-amz-region-set": "*" } })),
    ],
    ["presigned-query", "a signature in the query too", { ...sign(), query: "X-Amz-Signature=x" }],
  ])("is rejected for %s: %s", (reason, _, request) => {
    const fresh = createSignatureVerifier(scope, (id) => known.get(id));
    expect(fresh.verify(request, now)).toMatchObject({ kind: "rejected", reason });
    expect(verifier.verify(request, now), "with warm caches").toMatchObject({ kind: "rejected", reason });
  });

  it.each(["X-Amz-Signature=x", "a=1&x-amz-signature=x", "X-Amz-Algorithm=AWS4-HMAC-SHA256&b", "X-AMZ-CREDENTIAL"])(
    "in the query (`%s`) is refused, not taken for anonymous",
    (query) => {
      expect(verifier.verify({ method: "GET", path: "/", query, rawHeaders: [] }, now)).toMatchObject({
        code: "IncompleteSignatureException",
        reason: "presigned-query",
      });
    },
  );

  it.each<[string, string[]]>([
    ["no Authorization header", []],
    ["a bearer token", ["Authorization", "Bearer abc"]],
    ["two tokens of other schemes", ["Authorization", "Bearer abc", "authorization", "Basic YTpi"]],
    ["x-amz- headers only", ["x-amz-date", timestamp]],
  ])("is not one with %s", (_, rawHeaders) => {
    const head = { method: "GET", path: "/", query: "not-x-amz-signature=1", rawHeaders };
    expect(verifier.verify(head, now)).toEqual({ kind: "unsigned" });
  });

  it("with a wrong signature does not tell that its credential is expired", () => {
    const request = sign({
      key: { accessKeyId: "ASIAOLD", secret: "guess" },
      headers: { "x-amz-security-token": "token/+=" },
    });
    expect(verifier.verify(request, now)).toMatchObject({ reason: "signature-mismatch" });
  });

  it("tells the same of an unknown key and of a wrong token", () => {
    const { reason: _, ...unknown } = rejection(sign({ key: { accessKeyId: "ASIAOTHER" } }));
    const { reason: __, ...wrong } = rejection(temporary("guess"));
    expect(unknown).toEqual(wrong);
  });

  it("is rejected in AWS's words when its payload is signed", () => {
    expect(rejection(sign({ payloadHash: "a".repeat(64) }))).toMatchObject({
      code: "InvalidSignatureException",
      message: "Signed payloads are not supported",
    });
  });

  it("never shows the secret or the right signature in a rejection", () => {
    const right = /Signature=(.*)/.exec(sign().rawHeaders.at(-1) ?? "")?.[1] ?? "";
    const text = JSON.stringify(
      rejection(replaced(sign(), "authorization", (value) => value.replace(right, "0".repeat(64)))),
    );
    expect(right).toHaveLength(64);
    expect(text).not.toContain(right);
    expect(text).not.toContain(key.secret);
  });

  it("stops counting as soon as its key gets another secret", () => {
    let secret = key.secret;
    const rotating = createSignatureVerifier(scope, (id) => credentialOf(id, { secret: new Secret(secret) }));
    expect(rotating.verify(sign(), now).kind).toBe("verified");
    secret = "rotated";
    expect(rotating.verify(sign(), now).kind).toBe("rejected");
    expect(rotating.verify(sign({ key: { secret } }), now).kind).toBe("verified");
  });

  it("does not count for a credential of another key than it names", () => {
    const careless = createSignatureVerifier(scope, () => known.get(key.accessKeyId));
    expect(careless.verify(sign({ key: { accessKeyId: "AKIDOTHER" } }), now)).toMatchObject({
      reason: "unknown-access-key",
    });
  });

  it("is allowed the skew that the options say", () => {
    const strict = createSignatureVerifier(scope, (id) => known.get(id), { maxSkewMs: 1000 });
    expect(strict.verify(sign({ timestamp: "20261123T041459Z" }), now).kind).toBe("verified");
    expect(strict.verify(sign({ timestamp: "20261123T041458Z" }), now)).toMatchObject({ reason: "clock-skew" });
    expect(strict.verify(sign(), new Date(Number.NaN))).toMatchObject({ reason: "clock-skew" });
  });
});

describe("a signed payload, where it is allowed", () => {
  const bodyHash = createHash("sha256").update("body").digest("hex");
  const other = createHash("sha256").update("other").digest("hex");

  it("counts when the body has the hash", () => {
    const request = sign({ payloadHash: bodyHash });
    expect(signedBodies.verify(request, now, bodyHash)).toMatchObject({ kind: "verified", payloadHash: bodyHash });
  });

  it("counts without x-amz-content-sha256, as most SDKs sign", () => {
    const request = sign({ payloadHash: bodyHash, headers: { "x-amz-content-sha256": undefined } });
    expect(signedBodies.verify(request, now, bodyHash)).toMatchObject({ kind: "verified" });
    expect(signedBodies.verify(request, now, other)).toMatchObject({ reason: "signature-mismatch" });
  });

  it.each<[string, SignedRequest, string | undefined]>([
    ["payload-mismatch", sign({ payloadHash: bodyHash }), other],
    ["payload-not-hashed", sign({ payloadHash: bodyHash }), undefined],
    ["payload-signed", sign({ payloadHash: "STREAMING-AWS4-HMAC-SHA256-PAYLOAD" }), bodyHash],
    ["payload-signed", sign({ payloadHash: bodyHash.toUpperCase() }), bodyHash],
  ])("is rejected for %s", (reason, request, hash) => {
    expect(signedBodies.verify(request, now, hash)).toMatchObject({ kind: "rejected", reason });
  });
});

describe("any change of a signed byte", () => {
  const base = sign({
    method: "POST",
    path: "/orders/42",
    query: "a=1&b=two",
    key: { accessKeyId: "ASIATEMP" },
    headers: { "x-amz-security-token": "token/+=", "x-tenant": "acme", "content-type": "text/plain" },
  });
  const parts: (readonly [string, string, (text: string) => SignedRequest])[] = [
    ["method", base.method, (method) => ({ ...base, method })],
    ["path", base.path, (path) => ({ ...base, path })],
    ["query", base.query, (query) => ({ ...base, query })],
  ];
  for (let i = 0; i < base.rawHeaders.length; i += 2) {
    const name = base.rawHeaders[i] as string;
    parts.push([name, base.rawHeaders[i + 1] as string, (text) => replaced(base, name, () => text)]);
    parts.push([`name of ${name}`, name, (text) => renamed(base, name, text)]);
  }

  it("starts from a request that counts", () => {
    expect(verifier.verify(base, now).kind).toBe("verified");
  });

  it.each(parts)("in %s makes the signature wrong", (_, text, build) => {
    const change = fc.tuple(fc.nat(text.length - 1), fc.integer({ min: 0x20, max: 0x17f }));
    fc.assert(
      fc.property(change, ([at, code]) => {
        const changed = text.slice(0, at) + String.fromCharCode(code) + text.slice(at + 1);
        fc.pre(fold(changed) !== fold(text));
        expect(verifier.verify(build(changed), now).kind).not.toBe("verified");
      }),
      { numRuns: 300 },
    );
  });

  it.each(parts)("dropped from %s makes the signature wrong", (_, text, build) => {
    for (let at = 0; at < text.length; at++) {
      const changed = text.slice(0, at) + text.slice(at + 1);
      if (fold(changed) === fold(text)) continue;
      expect(verifier.verify(build(changed), now).kind, changed).not.toBe("verified");
    }
  });

  /** Case of header names and blanks after the commas of Authorization are not signed. */
  function fold(text: string): string {
    const isName = base.rawHeaders.some((name, i) => i % 2 === 0 && name === text.toLowerCase());
    return isName ? text.toLowerCase() : text.replaceAll(", ", ",");
  }
});

function rejection(request: SignedRequest): { reason: string } {
  const result = verifier.verify(request, now);
  if (result.kind !== "rejected") throw new Error(`not rejected but ${result.kind}`);
  return result;
}

function renamed(request: SignedRequest, from: string, to: string): SignedRequest {
  return { ...request, rawHeaders: request.rawHeaders.map((text, i) => (i % 2 === 0 && text === from ? to : text)) };
}

function flipped(request: SignedRequest): SignedRequest {
  const pairs = Array.from({ length: request.rawHeaders.length / 2 }, (_, i) =>
    request.rawHeaders.slice(2 * i, 2 * i + 2),
  );
  return { ...request, rawHeaders: pairs.reverse().flatMap(([name = "", value = ""]) => [name.toUpperCase(), value]) };
}

function asymmetric(request: SignedRequest): SignedRequest {
  return replaced(request, "authorization", (text) =>
    text.replace("AWS4-HMAC-SHA256", "AWS4-ECDSA-P256-SHA256").replace(`/${key.region}/`, "/"),
  );
}
