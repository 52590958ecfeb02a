import { Sha256 } from "@aws-crypto/sha256-js";
import { type Credential, Secret, type SignatureRejectionReason } from "@pergola/iam";
import { SignatureV4 } from "@smithy/signature-v4";
import { expect, it } from "vitest";
import { account, host, type Reply, region, send } from "../../packages/data-plane/src/testing/world.ts";
import { openRecordingWorld, type RecordingWorld } from "./recording-target.ts";

const secret = "secret-key-of-the-tests";
const principal = { kind: "aws", type: "User", account, arn: `arn:aws:iam::${account}:user/reader`, tags: {} } as const;
const known = (fields: Partial<Credential> & { accessKeyId: string }): Credential => ({
  secret: new Secret(secret),
  principal,
  ...fields,
});
const plain = known({ accessKeyId: "AKIAPLAIN00000000001" });
const session = known({ accessKeyId: "ASIASESSION000000001", sessionToken: "the-token" });
const expired = known({ ...session, accessKeyId: "ASIAEXPIRED000000001", expiresAt: "2026-01-01T00:00:00Z" });
const credentials = (id: string): Credential | undefined =>
  [plain, session, expired].find((one) => one.accessKeyId === id);

interface Signing {
  readonly key?: string;
  readonly secret?: string;
  readonly token?: string;
  readonly service?: string;
  readonly region?: string;
  readonly at?: Date;
  readonly method?: string;
  readonly path?: string;
  readonly query?: Record<string, string>;
  readonly host?: string;
  readonly headers?: Record<string, string>;
}

async function signed(given: Signing = {}): Promise<Record<string, string>> {
  const { key = plain.accessKeyId, token, service = "vpc-lattice-svcs", at = new Date(), query = {} } = given;
  const signer = new SignatureV4({
    service,
    region: given.region ?? region,
    credentials: {
      accessKeyId: key,
      secretAccessKey: given.secret ?? secret,
      ...(token === undefined ? {} : { sessionToken: token }),
    },
    sha256: Sha256,
    applyChecksum: false,
  });
  const { method = "GET", path = "/a", host: hostname = host, headers = {} } = given;
  const own = { host: hostname, "x-amz-content-sha256": "UNSIGNED-PAYLOAD", ...headers };
  const unsigned = { method, protocol: "http:", hostname, path, query, headers: own };
  return (await signer.sign(unsigned, { signingDate: at })).headers;
}

const minutesAgo = (minutes: number): Date => new Date(Date.now() - minutes * 60_000);
const without = (headers: Record<string, string>, name: string): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).filter(([one]) => one !== name));

function reasons({ warnings }: RecordingWorld): unknown[] {
  const rejected = warnings.filter(({ message }) => message === "signature rejected");
  return rejected.map(({ details }) => (details as { reason: unknown }).reason);
}

type Case = readonly [what: string, reason: SignatureRejectionReason, sign: () => Promise<Record<string, string>>];

const bad: readonly Case[] = [
  ["an unknown key", "unknown-access-key", () => signed({ key: "AKIANOBODY0000000001" })],
  ["a wrong secret", "signature-mismatch", () => signed({ secret: "wrong" })],
  ["an expired session", "expired-token", () => signed({ key: expired.accessKeyId, token: "the-token" })],
  [
    "an expired session and a wrong secret",
    "signature-mismatch",
    () => signed({ key: expired.accessKeyId, token: "the-token", secret: "wrong" }),
  ],
  ["no session token", "token-mismatch", () => signed({ key: session.accessKeyId })],
  ["another session token", "token-mismatch", () => signed({ key: session.accessKeyId, token: "another" })],
  ["a session token that the key does not have", "token-mismatch", () => signed({ token: "the-token" })],
  [
    "a session token that is not signed",
    "unsigned-header",
    async () => ({ ...(await signed({ key: session.accessKeyId })), "x-amz-security-token": "the-token" }),
  ],
  ["another region", "region-mismatch", () => signed({ region: "us-east-1" })],
  ["another service", "service-mismatch", () => signed({ service: "vpc-lattice" })],
  ["a clock six minutes late", "clock-skew", () => signed({ at: minutesAgo(6) })],
  ["a clock six minutes early", "clock-skew", () => signed({ at: minutesAgo(-6) })],
  ["yesterday's signature", "clock-skew", () => signed({ at: minutesAgo(1_440) })],
  ["a signed payload", "payload-signed", () => signed({ headers: { "x-amz-content-sha256": "a".repeat(64) } })],
  [
    "a streaming payload",
    "payload-signed",
    () => signed({ headers: { "x-amz-content-sha256": "STREAMING-UNSIGNED-PAYLOAD-TRAILER" } }),
  ],
  ["no payload hash", "missing-signed-header", async () => without(await signed(), "x-amz-content-sha256")],
  [
    "another date than signed",
    "signature-mismatch",
    async () => ({ ...(await signed({ at: minutesAgo(4) })), "x-amz-date": (await signed())["x-amz-date"] ?? "" }),
  ],
  [
    "an x-amz- header that is not signed",
    "unsigned-header",
    async () => ({ ...(await signed()), "X-Amz-Tagging": "a" }),
  ],
  [
    "a signed header that is gone",
    "missing-signed-header",
    async () => without(await signed({ headers: { "x-tenant": "a" } }), "x-tenant"),
  ],
  [
    "a signed header that was changed",
    "signature-mismatch",
    async () => ({ ...(await signed({ headers: { "x-tenant": "a" } })), "x-tenant": "b" }),
  ],
  ["another method", "signature-mismatch", () => signed({ method: "POST" })],
  ["another path", "signature-mismatch", () => signed({ path: "/b" })],
  ["another query", "signature-mismatch", () => signed({ query: { a: "1" } })],
  ["another host", "signature-mismatch", async () => ({ ...(await signed({ host: "other.example.com" })), host })],
  ["a host with a port", "signature-mismatch", async () => ({ ...(await signed()), host: `${host}:80` })],
  [
    "no signature in it",
    "malformed-authorization",
    async () => ({ ...(await signed()), authorization: "AWS4-HMAC-SHA256 Credential=x" }),
  ],
  [
    "an unknown algorithm",
    "unsupported-algorithm",
    async () => ({
      ...(await signed()),
      authorization: ((await signed()).authorization ?? "").replace("SHA256", "SHA512"),
    }),
  ],
];

it.each(bad)("%s is refused, and the log says %s", async (_what, reason, sign) => {
  const world = await openRecordingWorld({ credentials });

  const reply = await send(world.port, "/a", { headers: await sign() });

  expect(reply.status).toBe(403);
  expect(reasons(world)).toEqual([reason]);
  expect(reply.body).not.toContain(reason);
  expect(reply.body).not.toContain(secret);
  expect(JSON.stringify(world.warnings)).not.toMatch(/secret-key|the-token|Signature=/);
  expect(world.seen).toEqual([]);
  expect((await world.records(1))[0]).toMatchObject({ resolvedUser: "Unknown", failureReason: "ClientAccessDenied" });
});

it("says the same to a caller with an unknown key, without a session's token, and with another one", async () => {
  const world = await openRecordingWorld({ credentials });
  const tries = [
    { key: "ASIANOBODY0000000001" },
    { key: session.accessKeyId },
    { key: session.accessKeyId, token: "x" },
  ];
  const replies: Reply[] = [];
  for (const one of tries) replies.push(await send(world.port, "/a", { headers: await signed(one) }));

  expect(new Set(replies.map(({ status, body }) => `${status} ${body}`)).size).toBe(1);
  expect(new Set(reasons(world)).size).toBe(2);
});

it.each([
  "X-Amz-Signature=0",
  "x-amz-signature=0",
  "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=a",
  "a&X-AMZ-CREDENTIAL",
])("a presigned query is refused: %s", async (query) => {
  const world = await openRecordingWorld({ credentials });
  expect((await send(world.port, `/a?${query}`)).status).toBe(403);
  expect((await send(world.port, `/a?${query}`, { headers: await signed() })).status).toBe(403);
  expect(reasons(world)).toEqual(["presigned-query", "presigned-query"]);
});

it("two Authorization headers are refused when one of them is AWS's", async () => {
  const world = await openRecordingWorld({ credentials });
  const headers = await signed();
  const twice = { ...headers, authorization: [headers.authorization ?? "", "Bearer x"] };
  expect((await send(world.port, "/a", { headers: twice })).status).toBe(403);
  expect(reasons(world)).toEqual(["duplicate-header"]);
  expect((await send(world.port, "/a", { headers })).status).toBe(200);
});

it("a signature is good for its request within five minutes, and for no other", async () => {
  const world = await openRecordingWorld({ credentials });
  const headers = await signed({ at: minutesAgo(4.9) });

  expect((await send(world.port, "/a", { headers })).status).toBe(200);
  expect((await send(world.port, "/a", { headers })).status).toBe(200);
  for (const path of ["/b", "/a/", "/a?x", "/a%2f", "/A", "/a;x", "/a%20"]) {
    expect([path, (await send(world.port, path, { headers })).status]).toEqual([path, 403]);
  }
  for (const method of ["POST", "HEAD", "DELETE"]) {
    expect((await send(world.port, "/a", { headers, method })).status).toBe(403);
  }
  expect(world.seen).toHaveLength(2);
});

it("hiding a signature by Connection makes nobody anonymous", async () => {
  const world = await openRecordingWorld({ credentials });
  const hidden = { ...(await signed({ secret: "wrong" })), connection: "close, authorization" };
  expect((await send(world.port, "/a", { headers: hidden })).status).toBe(403);
});
