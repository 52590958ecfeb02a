import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { Sha256 } from "@aws-crypto/sha256-js";
import { createStsVerifier } from "@pergola/aws";
import { openMemoryStore } from "@pergola/core";
import {
  type CredentialExchangeOptions,
  createCredentialExchange,
  createSessionCredentials,
  createSignatureVerifier,
  createStoreReplayGuard,
  type ExchangeResult,
  exchangeRoute,
  newSealingKey,
} from "@pergola/iam";
import { SignatureV4 } from "@smithy/signature-v4";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { known, type LocalSts, presignIdentity, startLocalSts } from "./local-sts.ts";

const audience = "network-1";
const keyring = { keys: [newSealingKey(new Date())] };
const signal = AbortSignal.timeout(60_000);

let sts: LocalSts;
let warnings: unknown[];
beforeEach(async () => {
  sts = await startLocalSts();
  warnings = [];
});
afterEach(() => sts[Symbol.asyncDispose]());

function openExchange(changes: Partial<CredentialExchangeOptions> = {}) {
  const clock = { now: () => new Date() };
  return createCredentialExchange({
    stsEndpoints: [sts.origin],
    audience,
    accounts: [known.account],
    sts: createStsVerifier({ timeoutMs: 500 }),
    keyring: () => keyring,
    replayGuard: createStoreReplayGuard(openMemoryStore()),
    clock,
    logger: { info: () => {}, warn: (...all) => void warnings.push(all) },
    ...changes,
  });
}

function refused(result: ExchangeResult): string {
  if (result.kind !== "refused") throw new Error("credentials were granted");
  return result.code;
}

describe("the credential exchange", () => {
  it.each(["xml", "json"] as const)(
    "gives credentials that sign for the router, when STS answers in %s",
    async (form) => {
      sts.form = form;
      const exchange = openExchange({ detailsOf: () => ({ orgId: "o-a1b2c3d4e5", tags: { team: "web" } }) });

      const result = await exchange(
        { url: await presignIdentity(sts.origin, { audience }), durationSeconds: 900 },
        signal,
      );

      if (result.kind !== "granted") throw new Error(result.message);
      const { AccessKeyId, SecretAccessKey, SessionToken, Expiration } = result.credentials;
      expect(Math.abs(Date.parse(Expiration) - Date.now() - 900_000)).toBeLessThan(5_000);
      const signer = new SignatureV4({
        service: "vpc-lattice-svcs",
        region: "us-west-2",
        credentials: { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: SessionToken },
        sha256: Sha256,
      });
      const headers = { host: "web.local", "x-amz-content-sha256": "UNSIGNED-PAYLOAD" };
      const request = { method: "GET", protocol: "http:", hostname: "web.local", path: "/", headers };
      const signed = await signer.sign(request);
      const sessions = createSessionCredentials({ keyring: () => keyring, issuerPolicies: () => undefined });
      const scope = { service: "vpc-lattice-svcs", region: "us-west-2", payload: "unsigned-only" } as const;
      const verifier = createSignatureVerifier(scope, (id, token) => sessions.find(id, token ?? ""));
      const rawHeaders = Object.entries(signed.headers).flat();
      const verified = verifier.verify({ method: "GET", path: "/", query: "", rawHeaders }, new Date());
      expect(verified).toMatchObject({
        kind: "verified",
        credential: {
          principal: {
            kind: "aws",
            type: "AssumedRole",
            arn: known.arn,
            roleArn: "arn:aws:iam::123456789012:role/web",
            sessionName: "me",
            userId: known.userId,
            orgId: "o-a1b2c3d4e5",
            tags: { team: "web" },
          },
        },
      });
    },
  );

  it("sends STS nothing but the signed request, this deployment's audience and the form of the answer", async () => {
    await openExchange()({ url: await presignIdentity(sts.origin, { audience }) }, signal);

    const [request] = sts.requests;
    expect(sts.requests).toHaveLength(1);
    expect(request?.headers).toMatchObject({ accept: "application/json", "x-pergola-audience": audience });
    expect(Object.keys(request?.headers ?? {})).not.toContain("authorization");
  });

  it.each([
    ["for another deployment", { audience: "network-2" }],
    ["with another secret", { audience, secretAccessKey: "guessed" }],
  ])("does not accept a proof %s", async (_case, options) => {
    const result = await openExchange()({ url: await presignIdentity(sts.origin, options) }, signal);

    expect(result).toMatchObject({ kind: "refused", code: "AccessDenied" });
    expect(result).toMatchObject({ message: expect.stringContaining("SignatureDoesNotMatch") });
  });

  it.each([
    ["without an audience", { audience: undefined }],
    ["for another action", { audience, query: { Action: "GetSessionToken", Version: "2011-06-15" } }],
    ["with a parameter too many", { audience, query: { Action: "GetCallerIdentity", Version: "2011-06-15", x: "1" } }],
    ["that is six minutes old", { audience, signingDate: new Date(Date.now() - 360_000), expiresIn: 900 }],
    ["of six minutes from now", { audience, signingDate: new Date(Date.now() + 360_000) }],
    ["that is over", { audience, signingDate: new Date(Date.now() - 10_000), expiresIn: 5 }],
    ["that lasts an hour", { audience, expiresIn: 3_600 }],
  ])("does not send on a proof %s", async (_case, options) => {
    const result = await openExchange()({ url: await presignIdentity(sts.origin, options) }, signal);

    expect(refused(result)).toBe("InvalidRequest");
    expect(sts.requests).toEqual([]);
  });

  it("does not reach a host that the deployment does not name", async () => {
    await using other = await startLocalSts();

    const result = await openExchange()({ url: await presignIdentity(other.origin, { audience }) }, signal);

    expect(refused(result)).toBe("InvalidRequest");
    expect(other.requests).toEqual([]);
  });

  it("does not follow STS to another host", async () => {
    await using other = await startLocalSts();
    sts.answering = (request, response) => response.writeHead(307, { location: `${other.origin}${request.url}` }).end();

    const result = await openExchange()({ url: await presignIdentity(sts.origin, { audience }) }, signal);

    expect(refused(result)).toBe("Unavailable");
    expect(other.requests).toEqual([]);
  });

  it("accepts a proof once, also of those that come at once and in another order of their parameters", async () => {
    const exchange = openExchange();
    const url = await presignIdentity(sts.origin, { audience });
    const parameters = [...new URL(url).searchParams].reverse();
    const reversed = `${sts.origin}/?${new URLSearchParams(parameters)}`;

    const results = await Promise.all([url, reversed, url, url].map((one) => exchange({ url: one }, signal)));

    expect(results.map((one) => (one.kind === "granted" ? one.kind : one.code)).sort()).toEqual([
      "ReplayedRequest",
      "ReplayedRequest",
      "ReplayedRequest",
      "granted",
    ]);
  });

  it.each([
    ["is away", (_: unknown, response: { destroy(): void }) => response.destroy()],
    ["does not answer", () => {}],
    ["fails", (_: unknown, response: ServerResponse) => response.writeHead(500).end("oops")],
    ["is busy", (_: unknown, response: ServerResponse) => response.writeHead(429).end()],
    [
      "throttles",
      (_: unknown, response: ServerResponse) =>
        response.writeHead(400).end("<ErrorResponse><Error><Code>Throttling</Code></Error></ErrorResponse>"),
    ],
    ["says something else", (_: unknown, response: ServerResponse) => response.end("<html></html>")],
    ["does not stop", (_: unknown, response: ServerResponse) => response.end("a".repeat(1_000_000))],
  ])("gives nothing when STS %s, and the proof is not lost", async (_case, answering) => {
    const exchange = openExchange();
    const url = await presignIdentity(sts.origin, { audience });
    sts.answering = answering as never;

    expect(refused(await exchange({ url }, signal))).toBe("Unavailable");
    sts.answering = undefined;
    expect((await exchange({ url }, signal)).kind).toBe("granted");
  });

  it("gives nothing to principals of accounts that it does not serve", async () => {
    const exchange = openExchange({ accounts: ["999999999999"] });
    const result = await exchange({ url: await presignIdentity(sts.origin, { audience }) }, signal);
    expect(refused(result)).toBe("AccessDenied");
  });

  it.each<[string, Partial<CredentialExchangeOptions>]>([
    ["proofs cannot be remembered", { replayGuard: { take: () => Promise.reject(new Error("away")) } }],
    ["there are no session keys", { keyring: () => Promise.reject(new Error("away")) }],
  ])("gives nothing when %s", async (_case, changes) => {
    const result = await openExchange(changes)({ url: await presignIdentity(sts.origin, { audience }) }, signal);
    expect(refused(result)).toBe("Unavailable");
    expect(warnings).toHaveLength(1);
  });

  it.each([899, 3_601, 900.5, Number.NaN, -1])("does not give credentials for %d seconds", async (durationSeconds) => {
    const url = await presignIdentity(sts.origin, { audience });
    expect(refused(await openExchange()({ url, durationSeconds }, signal))).toBe("InvalidRequest");
  });

  it.each<[string, Partial<CredentialExchangeOptions>]>([
    ["no endpoint", { stsEndpoints: [] }],
    ["plain HTTP to another machine", { stsEndpoints: ["http://sts.us-west-2.amazonaws.com"] }],
    ["an endpoint with a path", { stsEndpoints: ["https://sts.us-west-2.amazonaws.com/x"] }],
    ["an audience with a space", { audience: "a b" }],
    ["no audience", { audience: "" }],
    ["an account that is none", { accounts: ["12"] }],
    ["credentials for a day", { maxSeconds: 86_400 }],
  ])("does not open with %s", (_case, changes) => {
    expect(() => openExchange(changes)).toThrow(RangeError);
  });
});

describe("the exchange over HTTP", () => {
  const post = (body: string, contentType: string | undefined = "application/json", method = "POST") =>
    exchangeRoute(openExchange())({ method, contentType, body: Buffer.from(body) }, signal);

  it("answers with credentials that no cache keeps", async () => {
    const body = JSON.stringify({ url: await presignIdentity(sts.origin, { audience }) });

    const response = await post(body, "application/json; charset=utf-8");

    expect(response).toMatchObject({ status: 200, headers: { "cache-control": "no-store" } });
    expect(Object.keys(JSON.parse(response.body))).toEqual([
      "Version",
      "AccessKeyId",
      "SecretAccessKey",
      "SessionToken",
      "Expiration",
    ]);
  });

  it.each<[string, number, Parameters<typeof post>]>([
    ["GET", 405, ["", undefined, "GET"]],
    ["a form, as pages can send it", 415, ["{}", "text/plain"]],
    ["no type", 415, ["{}", ""]],
    ["64 KB", 413, [" ".repeat(65_537)]],
    ["no JSON", 400, ["{"]],
    ["null", 400, ["null"]],
    ["a list", 400, ["[]"]],
    ["no URL", 400, ["{}"]],
    ["a URL that is a number", 400, ['{"url":1}']],
    ["a member too many", 400, ['{"url":"","principal":"arn"}']],
    ["a duration that is a text", 400, ['{"url":"","durationSeconds":"900"}']],
    ["a URL of another host", 400, ['{"url":"http://169.254.169.254/latest/meta-data"}']],
  ])("refuses %s with %d", async (_case, status, request) => {
    const response = await post(...request);
    expect(response.status).toBe(status);
    expect(JSON.parse(response.body)).toMatchObject({ code: "InvalidRequest", message: expect.any(String) });
    expect(sts.requests).toEqual([]);
  });
});

it("the sender to STS gives up with its caller", async () => {
  const server = createServer(() => {}).listen(0, "127.0.0.1");
  await once(server, "listening");
  const abort = new AbortController();
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const pending = createStsVerifier()({ url, headers: {} }, abort.signal);
  abort.abort(new Error("left"));
  await expect(pending).rejects.toThrow("left");
  server.closeAllConnections();
  server.close();
});
