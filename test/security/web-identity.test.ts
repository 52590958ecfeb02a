import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AssumeRoleWithWebIdentityCommand, GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import { createWebIdentityVerifier } from "@pergola/iam";
import { afterAll, afterEach, beforeAll, describe, expect, it, onTestFinished, vi } from "vitest";
import { type PergolaProcess, startPergola } from "../harness/pergola.ts";
import { openTokenIssuer, type TokenIssuer } from "./token-issuer.ts";

const account = "123456789012";
const region = "us-west-2";
const audience = "pergola-tests";
const now = (): number => Math.floor(Date.now() / 1000);

function trustOf(issuer: TokenIssuer, condition: object): string {
  const provider = issuer.url.replace("http://", "");
  const keyed = Object.entries(condition).map(([claim, value]) => [`${provider}:${claim}`, value]);
  return JSON.stringify({
    Version: "2012-10-17",
    Statement: [
      {
        Effect: "Allow",
        Principal: { Federated: `arn:aws:iam::${account}:oidc-provider/${provider}` },
        Action: "sts:AssumeRoleWithWebIdentity",
        Condition: { StringEquals: Object.fromEntries(keyed) },
      },
    ],
  });
}

describe("AssumeRoleWithWebIdentity with a real issuer", () => {
  let directory: string;
  let pergola: PergolaProcess;
  let issuer: TokenIssuer;
  let stranger: TokenIssuer;
  const clients: STSClient[] = [];

  beforeAll(async () => {
    issuer = await openTokenIssuer(audience);
    stranger = await openTokenIssuer(audience);
    directory = mkdtempSync(join(tmpdir(), "pergola-web-identity-"));
    const configFile = join(directory, "pergola.json");
    const oidcProviders = [{ issuer: issuer.url, audiences: [audience] }];
    writeFileSync(configFile, JSON.stringify({ oidcProviders }), { mode: 0o600 });
    pergola = await startPergola({ dataDir: join(directory, "data"), env: { PERGOLA_CONFIG: configFile } });
    for (const [name, trustPolicy] of [
      ["job", trustOf(issuer, { aud: audience, sub: "job-7" })],
      ["other-job", trustOf(issuer, { sub: "job-8" })],
      ["stranger", trustOf(stranger, { aud: audience })],
    ]) {
      const body = JSON.stringify({ name, trustPolicy });
      const response = await fetch(`${pergola.apiUrl}/pergola/roles`, { method: "POST", body });
      if (!response.ok) throw new Error(await response.text());
    }
  }, 60_000);

  afterAll(async () => {
    for (const client of clients) client.destroy();
    await pergola?.stop();
    await issuer?.[Symbol.asyncDispose]();
    await stranger?.[Symbol.asyncDispose]();
    rmSync(directory, { recursive: true, force: true });
  });

  function sts(credentials = { accessKeyId: "none", secretAccessKey: "none" }): STSClient {
    const client = new STSClient({ endpoint: pergola.apiUrl, region, credentials, maxAttempts: 1 });
    clients.push(client);
    return client;
  }
  const assume = (WebIdentityToken: string, role = "job") => {
    const RoleArn = `arn:aws:iam::${account}:role/${role}`;
    return sts().send(new AssumeRoleWithWebIdentityCommand({ RoleArn, RoleSessionName: "run-1", WebIdentityToken }));
  };

  it("gives the holder of a good token a session of the role, and fetches the keys once", async () => {
    const { Credentials, SubjectFromWebIdentityToken, Audience } = await assume(issuer.token());
    const { AccessKeyId = "", SecretAccessKey = "", SessionToken = "" } = Credentials ?? {};
    const session = { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: SessionToken };

    expect([SubjectFromWebIdentityToken, Audience]).toEqual(["job-7", audience]);
    const { Arn } = await sts(session).send(new GetCallerIdentityCommand({}));
    expect(Arn).toBe(`arn:aws:sts::${account}:assumed-role/job/run-1`);
    for (let i = 0; i < 5; i += 1) await assume(issuer.token({ claims: { jti: `${i}` } }));
    expect(issuer.keyFetches).toBe(1);
  });

  it.each<[string, string, () => string]>([
    ["another audience", "InvalidIdentityTokenException", () => issuer.token({ claims: { aud: "others" } })],
    ["no audience", "InvalidIdentityTokenException", () => issuer.token({ claims: { aud: undefined } })],
    [
      "an audience that begins alike",
      "InvalidIdentityTokenException",
      () => issuer.token({ claims: { aud: `${audience}-2` } }),
    ],
    [
      "another issuer in the claims",
      "InvalidIdentityTokenException",
      () => issuer.token({ claims: { iss: `${issuer.url}/` } }),
    ],
    ["no issuer", "InvalidIdentityTokenException", () => issuer.token({ claims: { iss: undefined } })],
    ["an issuer that is no provider here", "InvalidIdentityTokenException", () => stranger.token()],
    [
      "the provider's name, signed by another issuer",
      "InvalidIdentityTokenException",
      () => stranger.token({ claims: { iss: issuer.url } }),
    ],
    ["an end in the past", "ExpiredTokenException", () => issuer.token({ claims: { exp: now() - 60 } })],
    ["no end", "InvalidIdentityTokenException", () => issuer.token({ claims: { exp: undefined } })],
    ["an end that is no number", "InvalidIdentityTokenException", () => issuer.token({ claims: { exp: "never" } })],
    [
      "a beginning in the future",
      "InvalidIdentityTokenException",
      () => issuer.token({ claims: { nbf: now() + 600 } }),
    ],
    ["no subject", "InvalidIdentityTokenException", () => issuer.token({ claims: { sub: undefined } })],
    ["no time of issue", "InvalidIdentityTokenException", () => issuer.token({ claims: { iat: undefined } })],
    [
      "no signature and the algorithm none",
      "InvalidIdentityTokenException",
      () => issuer.token({ header: { alg: "none" } }).replace(/[^.]+$/, ""),
    ],
    [
      "the algorithm none and a signature",
      "InvalidIdentityTokenException",
      () => issuer.token({ header: { alg: "none" } }),
    ],
    ["the algorithm nOnE", "InvalidIdentityTokenException", () => issuer.token({ header: { alg: "nOnE" } })],
    ["an HMAC with the public key", "InvalidIdentityTokenException", () => issuer.tokenByPublicKey()],
    [
      "another algorithm than it was signed with",
      "InvalidIdentityTokenException",
      () => issuer.token({ header: { alg: "PS256" } }),
    ],
    ["an unknown key id", "InvalidIdentityTokenException", () => issuer.token({ header: { kid: "key-99" } })],
    [
      "a key of its own in the header",
      "InvalidIdentityTokenException",
      () => stranger.token({ header: { kid: "key-9", jku: `${stranger.url}/keys` }, claims: { iss: issuer.url } }),
    ],
    ["a critical extension", "InvalidIdentityTokenException", () => issuer.token({ header: { crit: ["exp"] } })],
    ["somebody else's signature", "InvalidIdentityTokenException", () => issuer.tokenByStranger()],
    [
      "changed claims",
      "InvalidIdentityTokenException",
      () =>
        issuer
          .token()
          .replace(
            /\.[^.]+\./,
            `.${Buffer.from(JSON.stringify({ iss: issuer.url, aud: audience, sub: "job-7", iat: now(), exp: now() + 300, admin: true })).toString("base64url")}.`,
          ),
    ],
    ["no three parts", "InvalidIdentityTokenException", () => "nonsense"],
    ["five parts", "InvalidIdentityTokenException", () => "a.b.c.d.e"],
    [
      "claims that are null",
      "InvalidIdentityTokenException",
      () => `${Buffer.from('{"alg":"RS256"}').toString("base64url")}.bnVsbA.AAAA`,
    ],
  ])("refuses a token with %s: %s", async (_what, name, token) => {
    const fetches = issuer.keyFetches;
    await expect(assume(token())).rejects.toMatchObject({ name });
    // An unknown key id makes nobody fetch the keys over and over.
    expect(issuer.keyFetches - fetches).toBeLessThanOrEqual(1);
    expect(stranger.keyFetches).toBe(0);
  });

  it("refuses a good token for a role that does not trust its subject or its issuer", async () => {
    await expect(assume(issuer.token(), "other-job")).rejects.toMatchObject({ name: "AccessDenied" });
    await expect(assume(issuer.token(), "stranger")).rejects.toMatchObject({ name: "AccessDenied" });
    await expect(assume(issuer.token(), "nobody")).rejects.toMatchObject({ name: "AccessDenied" });
    await expect(assume(issuer.token({ claims: { sub: "job-70" } }))).rejects.toMatchObject({ name: "AccessDenied" });
  });
});

describe("an issuer's keys", () => {
  afterEach(() => void vi.useRealTimers());

  async function openIssuer(): Promise<TokenIssuer> {
    const issuer = await openTokenIssuer(audience);
    onTestFinished(() => issuer[Symbol.asyncDispose]());
    return issuer;
  }
  const verifierFor = (issuer: TokenIssuer) => {
    const verify = createWebIdentityVerifier([{ issuer: issuer.url, audiences: [audience] }]);
    return (token: string) => verify(token, new Date());
  };
  /** Only the clock moves: sockets and timers stay real. */
  const later = (seconds: number): void => {
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + seconds * 1_000 });
  };

  it("are fetched anew for a key id that appears, half a minute after the last time", async () => {
    const issuer = await openIssuer();
    const verify = verifierFor(issuer);
    const old = issuer.token();
    expect((await verify(old)).subject).toBe("job-7");

    issuer.rotate();
    await expect(verify(issuer.token())).rejects.toMatchObject({ reason: "invalid" });
    expect(issuer.keyFetches).toBe(1);
    later(31);
    expect((await verify(issuer.token())).subject).toBe("job-7");
    expect(issuer.keyFetches).toBe(2);
    await expect(verify(old)).rejects.toMatchObject({ reason: "invalid" });
  });

  it("serve on for ten minutes while the issuer is away, then nobody gets in until it is back", async () => {
    const issuer = await openIssuer();
    const verify = verifierFor(issuer);
    await verify(issuer.token());
    issuer.setAway(true);

    expect((await verify(issuer.token())).subject).toBe("job-7");
    later(601);
    await expect(verify(issuer.token())).rejects.toMatchObject({
      reason: expect.stringMatching(/invalid|unreachable/),
    });
    issuer.setAway(false);
    later(2);
    expect((await verify(issuer.token())).subject).toBe("job-7");
  });

  it("cannot be had from an issuer that was never there, and are had once it is", async () => {
    const issuer = await openIssuer();
    const verify = verifierFor(issuer);
    issuer.setAway(true);

    await expect(verify(issuer.token())).rejects.toMatchObject({ reason: "unreachable" });
    issuer.setAway(false);
    later(2);
    expect((await verify(issuer.token())).subject).toBe("job-7");
  });
});
