import { createHmac, generateKeyPairSync } from "node:crypto";
import type { RequestListener, ServerResponse } from "node:http";
import { openMemoryStore } from "@pergola/core";
import {
  type CredentialExchangeOptions,
  createCredentialExchange,
  createJsonFetcher,
  createStoreReplayGuard,
  type ExchangeResult,
  exchangeRoute,
  newSealingKey,
  openSession,
  type WebIdentityMapping,
} from "@pergola/iam";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { openTokenIssuer, type TokenIssuer, type TokenParts } from "../security/token-issuer.ts";

const account = "123456789012";
const audience = "network-1";
const keyring = { keys: [newSealingKey(new Date())] };
const signal = AbortSignal.timeout(60_000);
const roleArn = `arn:aws:iam::${account}:role/ci/deploy`;
const seconds = (): number => Math.floor(Date.now() / 1000);

let issuer: TokenIssuer;
let stranger: TokenIssuer;
/** What the exchange's clock is ahead. */
let aheadMs: number;
/** Fetches of the keys before this test. */
let before: number;
const keyFetches = (): number => issuer.keyFetches - before;
beforeAll(async () => {
  [issuer, stranger] = await Promise.all([openTokenIssuer(audience), openTokenIssuer(audience)]);
});
beforeEach(() => {
  aheadMs = 0;
  before = issuer.keyFetches;
  issuer.answering = undefined;
});
afterAll(async () => {
  await issuer[Symbol.asyncDispose]();
  await stranger[Symbol.asyncDispose]();
});

const mapping = (changes: Partial<WebIdentityMapping> = {}): WebIdentityMapping => ({
  issuer: issuer.url,
  audience,
  subjects: ["job-*"],
  roleArn,
  ...changes,
});

function openExchange(mappings = [mapping()], changes: Partial<CredentialExchangeOptions> = {}) {
  return createCredentialExchange({
    stsEndpoints: ["https://sts.us-west-2.amazonaws.com"],
    audience,
    accounts: [account],
    sts: () => Promise.reject(new Error("STS is not asked about tokens")),
    webIdentity: { mappings, fetchJson: createJsonFetcher({ timeoutMs: 500 }) },
    keyring: () => keyring,
    replayGuard: createStoreReplayGuard(openMemoryStore()),
    clock: { now: () => new Date(Date.now() + aheadMs) },
    logger: { info: () => {}, warn: () => {} },
    ...changes,
  });
}

const outcome = (result: ExchangeResult): string => (result.kind === "granted" ? result.kind : result.code);
const encoded = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString("base64url");

describe("a web identity token at the exchange", () => {
  it.each<[string, () => string]>([
    ["no signature and the algorithm none", () => issuer.token({ header: { alg: "none" } }).replace(/[^.]+$/, "")],
    ["a signature and the algorithm none", () => issuer.token({ header: { alg: "none" } })],
    ["the algorithm nOnE", () => issuer.token({ header: { alg: "nOnE" } })],
    ["an HMAC with the public key", () => issuer.tokenByPublicKey()],
    ["another algorithm than it was signed with", () => issuer.token({ header: { alg: "PS256" } })],
    ["RS512, which is not taken", () => issuer.token({ header: { alg: "RS512" } })],
    ["ES256 named over an RSA signature", () => issuer.token({ header: { alg: "ES256" } })],
    ["an issuer that is no provider here", () => stranger.token()],
    ["the issuer's name, signed by another", () => stranger.token({ claims: { iss: issuer.url } })],
    ["an issuer that ends in a slash", () => issuer.token({ claims: { iss: `${issuer.url}/` } })],
    ["an issuer that is a list", () => issuer.token({ claims: { iss: [issuer.url] } })],
    ["no issuer", () => issuer.token({ claims: { iss: undefined } })],
    ["another audience", () => issuer.token({ claims: { aud: "network-2" } })],
    ["an audience that begins alike", () => issuer.token({ claims: { aud: `${audience}-2` } })],
    ["an audience that is a number", () => issuer.token({ claims: { aud: 1 } })],
    ["no audience", () => issuer.token({ claims: { aud: undefined } })],
    ["an end in the past", () => issuer.token({ claims: { exp: seconds() - 31 } })],
    ["an end that is no number", () => issuer.token({ claims: { exp: "never" } })],
    ["no end", () => issuer.token({ claims: { exp: undefined } })],
    ["a beginning in the future", () => issuer.token({ claims: { nbf: seconds() + 60 } })],
    ["a time of issue in the future", () => issuer.token({ claims: { iat: seconds() + 60 } })],
    ["a time of issue 25 hours ago", () => issuer.token({ claims: { iat: seconds() - 90_000 } })],
    ["no time of issue", () => issuer.token({ claims: { iat: undefined } })],
    ["another subject", () => issuer.token({ claims: { sub: "root" } })],
    ["a subject with the name in its middle", () => issuer.token({ claims: { sub: "x-job-7" } })],
    ["a subject in another case", () => issuer.token({ claims: { sub: "JOB-7" } })],
    ["a subject that is a list", () => issuer.token({ claims: { sub: ["job-7"] } })],
    ["no subject", () => issuer.token({ claims: { sub: undefined } })],
    ["an id that is no text", () => issuer.token({ claims: { jti: { a: 1 } } })],
    ["somebody else's signature", () => issuer.tokenByStranger()],
    ["an unknown key id", () => issuer.token({ header: { kid: "key-99" } })],
    ["a key id that is a path", () => issuer.token({ header: { kid: "../../../dev/null" } })],
    ["a key id of 10 KB", () => issuer.token({ header: { kid: "k".repeat(10_000) } })],
    [
      "keys of its own by URL",
      () => stranger.token({ header: { jku: `${stranger.url}/keys` }, claims: { iss: issuer.url } }),
    ],
    ["a critical extension", () => issuer.token({ header: { crit: ["exp"] } })],
    ["a payload that is not encoded", () => issuer.token({ header: { b64: false, crit: ["b64"] } })],
    ["claims that are null", () => `${encoded({ alg: "RS256" })}.${encoded(null)}.AAAA`],
    ["claims that are no JSON", () => `${encoded({ alg: "RS256" })}.e30e.AAAA`],
    ["a header that is none", () => `e30e.${issuer.token().split(".").slice(1).join(".")}`],
    ["no parts", () => ""],
    ["five parts", () => "a.b.c.d.e"],
    ["20,001 characters", () => issuer.token({ claims: { more: "m".repeat(15_000) } })],
  ])("with %s gives nobody a session", async (_what, token) => {
    const exchange = openExchange();
    const strangers = stranger.keyFetches;
    expect(outcome(await exchange({ webIdentityToken: token() }, signal))).toBe("AccessDenied");
    expect(keyFetches()).toBeLessThanOrEqual(1);
    expect(stranger.keyFetches - strangers).toBe(0);
    expect(outcome(await exchange({ webIdentityToken: issuer.token() }, signal))).toBe("granted");
  });

  it.each(["RS256", "ES256"] as const)("signed with %s gives a session of its role", async (algorithm) => {
    await using own = await openTokenIssuer(audience, algorithm);
    const exchange = openExchange([mapping({ issuer: own.url })], { detailsOf: () => ({ orgId: "o-a1b2c3d4e5" }) });

    const result = await exchange({ webIdentityToken: own.token(), durationSeconds: 900 }, signal);

    if (result.kind !== "granted") throw new Error(result.message);
    const session = openSession(keyring, result.credentials.SessionToken);
    expect(session).toMatchObject({ accessKeyId: result.credentials.AccessKeyId, issuer: roleArn });
    expect(session?.principal).toEqual({
      kind: "aws",
      type: "AssumedRole",
      arn: `arn:aws:sts::${account}:assumed-role/deploy/job-7`,
      account,
      roleArn,
      sessionName: "job-7",
      orgId: "o-a1b2c3d4e5",
      tags: {},
    });
    expect(Math.abs(Date.parse(result.credentials.Expiration) - Date.now() - 900_000)).toBeLessThan(5_000);
  });

  it.each<[string, Exclude<TokenParts["claims"], undefined>]>([
    ["it ended seconds ago", { exp: seconds() - 5 }],
    ["it begins in seconds", { nbf: seconds() + 10, iat: seconds() + 10 }],
    ["it is for others too", { aud: ["others", audience] }],
  ])("is taken when %s, as clocks and issuers have it", async (_case, claims) => {
    expect(outcome(await openExchange()({ webIdentityToken: issuer.token({ claims }) }, signal))).toBe("granted");
  });

  it("with an id is taken once, also of those that come at once; another issuer's same id is another", async () => {
    const exchange = openExchange([mapping(), mapping({ issuer: stranger.url })]);
    const webIdentityToken = issuer.token({ claims: { jti: "1" } });
    const results = await Promise.all([1, 2, 3].map(() => exchange({ webIdentityToken }, signal)));

    expect(results.map(outcome).sort()).toEqual(["ReplayedRequest", "ReplayedRequest", "granted"]);
    const renewed = issuer.token({ claims: { jti: "1", exp: seconds() + 600 } });
    expect(outcome(await exchange({ webIdentityToken: renewed }, signal))).toBe("ReplayedRequest");
    const other = stranger.token({ claims: { jti: "1" } });
    expect(outcome(await exchange({ webIdentityToken: other }, signal))).toBe("granted");
  });

  it("gives the role of the first mapping that its audience and subject fit, and never another's", async () => {
    const of = (name: string) => `arn:aws:iam::${account}:role/${name}`;
    const exchange = openExchange([
      mapping({ subjects: ["repo:acme/shop:ref:refs/heads/main"], roleArn: of("release") }),
      mapping({ subjects: ["repo:acme/*"], roleArn: of("build") }),
      mapping({ subjects: ["repo:acme/*", "ops"], audience: "operations", roleArn: of("ops") }),
    ]);
    const roleOf = async (claims: object): Promise<string> => {
      const result = await exchange({ webIdentityToken: issuer.token({ claims: { ...claims } }) }, signal);
      return result.kind === "granted" ? `${result.principal.roleArn?.split("/").at(-1)}` : result.code;
    };

    expect(await roleOf({ sub: "repo:acme/shop:ref:refs/heads/main" })).toBe("release");
    expect(await roleOf({ sub: "repo:acme/shop:ref:refs/heads/main2" })).toBe("build");
    expect(await roleOf({ sub: "repo:acme/*", aud: "operations" })).toBe("ops");
    expect(await roleOf({ sub: "ops" })).toBe("AccessDenied");
    expect(await roleOf({ sub: "repo:acmee/shop" })).toBe("AccessDenied");
  });

  it("names its session after its subject, and no two subjects alike", async () => {
    const exchange = openExchange([mapping({ subjects: ["*"] })]);
    const nameOf = async (sub: string): Promise<string> => {
      const result = await exchange({ webIdentityToken: issuer.token({ claims: { sub } }) }, signal);
      return result.kind === "granted" ? `${result.principal.sessionName}` : result.code;
    };
    const subject = "system:serviceaccount:shop:web";
    const name = await nameOf(subject);

    expect(name).toMatch(/^system-serviceaccount-shop-web=[0-9a-f]{16}$/);
    const subjects = [
      name,
      subject.replace(/:/g, "-"),
      subject.replace(/:/g, "/"),
      "a",
      `${"a".repeat(64)}b`,
      "a".repeat(65),
      "é/\n",
    ];
    const names = [name, ...(await Promise.all(subjects.map(nameOf)))];
    expect(new Set(names).size).toBe(names.length);
    for (const one of names) expect(one).toMatch(/^[\w+=,.@-]{2,64}$/);
  });

  it.each([899, 3_601, Number.NaN])("gives no session of %d seconds", async (durationSeconds) => {
    const result = await openExchange()({ webIdentityToken: issuer.token(), durationSeconds }, signal);
    expect(outcome(result)).toBe("InvalidRequest");
    expect(keyFetches()).toBe(0);
  });

  it("is refused where the deployment names no issuers", async () => {
    const exchange = openExchange([], { webIdentity: undefined as never });
    expect(outcome(await exchange({ webIdentityToken: issuer.token() }, signal))).toBe("InvalidRequest");
  });

  it.each<[string, Partial<CredentialExchangeOptions>]>([
    ["proofs cannot be remembered", { replayGuard: { take: () => Promise.reject(new Error("away")) } }],
    ["there are no session keys", { keyring: () => Promise.reject(new Error("away")) }],
  ])("gives nothing when %s", async (_case, changes) => {
    const webIdentityToken = issuer.token({ claims: { jti: "1" } });
    expect(outcome(await openExchange([mapping()], changes)({ webIdentityToken }, signal))).toBe("Unavailable");
  });
});

describe("the keys of an issuer", () => {
  const privateJwk = { kty: "oct", kid: "key-1", k: encoded("secret"), alg: "HS256" };
  it.each<[string, RequestListener]>([
    ["are away", (_request, response) => response.destroy()],
    ["do not come", () => {}],
    ["come slowly", (_request, response) => drip(response)],
    ["are answered with 500", (_request, response) => response.writeHead(500).end("oops")],
    ["lead elsewhere", (_request, response) => response.writeHead(302, { location: `${stranger.url}/keys` }).end()],
    ["are no JSON", (_request, response) => response.end("<html></html>")],
    ["are null", (_request, response) => response.end("null")],
    ["are no list", (_request, response) => response.end('{"keys":{}}')],
    [
      "are a thousand",
      (_request, response) => response.end(JSON.stringify({ keys: Array(1_000).fill({ kty: "RSA" }) })),
    ],
    ["have no end", (_request, response) => void response.end(`{"keys":[],"a":"${"a".repeat(2_000_000)}"}`)],
  ])("that %s give nobody a session, and once they are there, do", async (_case, answering) => {
    const exchange = openExchange();
    const strangers = stranger.keyFetches;
    issuer.answering = answering;
    const webIdentityToken = issuer.token({ claims: { jti: "1" } });
    const all = await Promise.all([1, 2, 3].map(() => exchange({ webIdentityToken }, signal)));
    expect(all.map(outcome)).toEqual(Array(3).fill("Unavailable"));
    expect(keyFetches()).toBe(1);
    expect(stranger.keyFetches - strangers).toBe(0);

    issuer.answering = undefined;
    expect(outcome(await exchange({ webIdentityToken }, signal))).toBe("Unavailable");
    aheadMs = 2_000;
    expect(outcome(await exchange({ webIdentityToken }, signal))).toBe("granted");
  });

  it("that are a shared secret verify nothing that is signed with it", async () => {
    issuer.answering = (_request, response) => response.end(JSON.stringify({ keys: [privateJwk] }));
    const text = issuer
      .token({ header: { alg: "HS256" } })
      .split(".")
      .slice(0, 2)
      .join(".");
    const webIdentityToken = `${text}.${createHmac("sha256", Buffer.from(privateJwk.k, "base64url")).update(text).digest("base64url")}`;
    expect(outcome(await openExchange()({ webIdentityToken }, signal))).toBe("AccessDenied");
  });

  it("are fetched anew at an unknown key id, at most once in half a minute, also while they are away", async () => {
    const exchange = openExchange();
    const ask = async (): Promise<string> => outcome(await exchange({ webIdentityToken: issuer.token() }, signal));
    expect(await ask()).toBe("granted");

    issuer.rotate();
    for (let i = 0; i < 5; i += 1) expect(await ask()).toBe("AccessDenied");
    expect(keyFetches()).toBe(1);
    aheadMs = 31_000;
    issuer.answering = (_request, response) => response.writeHead(503).end();
    expect(await ask()).toBe("Unavailable");
    for (let i = 0; i < 5; i += 1) expect(await ask()).toBe("AccessDenied");
    expect(keyFetches()).toBe(2);
    issuer.answering = undefined;
    aheadMs = 62_000;
    expect(await Promise.all([ask(), ask(), ask()])).toEqual(["granted", "granted", "granted"]);
    expect(keyFetches()).toBe(3);
  });

  it.each<[string, () => object[]]>([
    ["too short", () => [generateKeyPairSync("rsa", { modulusLength: 1024 }).publicKey.export({ format: "jwk" })]],
    ["broken", () => [{ kty: "RSA", n: "AQAB", e: "" }]],
    ["private", () => [generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey.export({ format: "jwk" })]],
    [
      "of another curve",
      () => [generateKeyPairSync("ec", { namedCurve: "P-384" }).publicKey.export({ format: "jwk" })],
    ],
    ["none at all", () => []],
    ["null", () => [null as never]],
  ])("that are %s let nobody in", async (_case, keys) => {
    const answer = JSON.stringify({ keys: keys().map((key) => key && { ...key, kid: "key-1", alg: "RS256" }) });
    issuer.answering = (_request, response) => response.end(answer);
    const webIdentityToken = issuer.token({ header: { kid: "key-1" } });
    expect(outcome(await openExchange()({ webIdentityToken }, signal))).toMatch(/AccessDenied|Unavailable/);
  });

  it("are not looked for over plain HTTP because a discovery document says so", async () => {
    const fetchJson = (url: string) =>
      url.endsWith("openid-configuration")
        ? Promise.resolve({ issuer: "https://issuer.example.com", jwks_uri: `${issuer.url}/keys` })
        : createJsonFetcher()(url);
    const mappings = [mapping({ issuer: "https://issuer.example.com" })];
    const exchange = openExchange(mappings, { webIdentity: { mappings, fetchJson } });
    const webIdentityToken = issuer.token({ claims: { iss: "https://issuer.example.com" } });
    expect(outcome(await exchange({ webIdentityToken }, signal))).toBe("Unavailable");
    expect(keyFetches()).toBe(0);
  });
});

/** A key set that takes for ever, byte by byte. */
function drip(response: ServerResponse): void {
  response.write('{"keys":[');
  const timer = setInterval(() => response.write(" "), 20);
  response.on("close", () => clearInterval(timer));
}

describe("the settings of web identities", () => {
  it.each<[string, () => Partial<WebIdentityMapping>]>([
    ["an issuer over plain HTTP", () => ({ issuer: "http://issuer.example.com" })],
    ["an issuer with a user name", () => ({ issuer: "https://a:b@issuer.example.com" })],
    ["keys over plain HTTP", () => ({ jwksUri: "http://issuer.example.com/keys" })],
    ["no audience", () => ({ audience: "" })],
    ["no subjects", () => ({ subjects: [] })],
    ["a subject that is no text", () => ({ subjects: [1] as never })],
    ["a user in place of a role", () => ({ roleArn: `arn:aws:iam::${account}:user/x` })],
    ["a role with a wildcard", () => ({ roleArn: `arn:aws:iam::${account}:role/*` })],
    ["a role of an account that is not served", () => ({ roleArn: "arn:aws:iam::999900001111:role/x" })],
    ["a member too many", () => ({ audiences: ["a"] }) as never],
  ])("are refused with %s", (_case, changes) => {
    expect(() => openExchange([mapping(changes())])).toThrow(/^webIdentity/);
  });

  it("are refused where an issuer's keys are in two places", () => {
    const elsewhere = mapping({ jwksUri: "https://issuer.example.com/keys" });
    expect(() => openExchange([elsewhere, elsewhere])).not.toThrow();
    expect(() => openExchange([mapping(), elsewhere])).toThrow(/^webIdentity\[1\]\.jwksUri/);
  });
});

it("a token comes to the exchange over HTTP as JSON, and not with a URL beside it", async () => {
  const route = exchangeRoute(openExchange());
  const post = async (value: object): Promise<number> => {
    const body = Buffer.from(JSON.stringify(value));
    return (await route({ method: "POST", contentType: "application/json", body }, signal)).status;
  };
  const webIdentityToken = issuer.token();

  expect(await post({ webIdentityToken, durationSeconds: 900 })).toBe(200);
  expect(await post({ webIdentityToken, url: "https://sts.us-west-2.amazonaws.com/?" })).toBe(400);
  expect(await post({ webIdentityToken: 1 })).toBe(400);
  expect(await post({ webIdentityToken, roleArn: "arn:aws:iam::123456789012:role/admin" })).toBe(400);
  expect(await post({ webIdentityToken: stranger.token() })).toBe(403);
});
