import { once } from "node:events";
import { existsSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { createStsVerifier } from "@pergola/aws";
import {
  createCredentialExchange,
  createMemoryReplayGuard,
  exchangeRoute,
  newSealingKey,
  openSession,
} from "@pergola/iam";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { mainFile, runPergola } from "../cli/run-pergola.ts";
import { openTokenIssuer, type TokenIssuer } from "../security/token-issuer.ts";
import { known, type LocalSts, startLocalSts } from "./local-sts.ts";

const roleArn = `arn:aws:iam::${known.account}:role/ci`;
const keyring = { keys: [newSealingKey(new Date())] };

describe("pergola credentials --exchange", () => {
  let sts: LocalSts;
  let issuer: TokenIssuer;
  let server: Server;
  let url: string;
  let home: string;
  let exchanged: number;
  /** Answers in place of the exchange. */
  let instead: { status: number; body: string } | undefined;

  beforeEach(async () => {
    sts = await startLocalSts();
    issuer = await openTokenIssuer("network-1", "ES256");
    home = mkdtempSync(join(tmpdir(), "pergola-exchange-"));
    exchanged = 0;
    instead = undefined;
    const route = exchangeRoute(
      createCredentialExchange({
        stsEndpoints: [sts.origin],
        audience: "network-1",
        accounts: [known.account],
        sts: createStsVerifier(),
        webIdentity: { mappings: [{ issuer: issuer.url, audience: "network-1", subjects: ["job-7"], roleArn }] },
        keyring: () => keyring,
        replayGuard: createMemoryReplayGuard({ now: () => new Date() }),
        clock: { now: () => new Date() },
        logger: { info: () => {}, warn: () => {} },
      }),
    );
    server = createServer(async (request, response) => {
      exchanged += 1;
      const { method = "", headers } = request;
      const body = await buffer(request);
      const answer =
        instead ?? (await route({ method, contentType: headers["content-type"], body }, AbortSignal.timeout(5_000)));
      response.writeHead(answer.status, "headers" in answer ? answer.headers : {}).end(answer.body);
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/exchange`;
  });
  afterEach(async () => {
    server.closeAllConnections();
    server.close();
    await sts[Symbol.asyncDispose]();
    await issuer[Symbol.asyncDispose]();
    rmSync(home, { recursive: true });
  });

  const keys = { AWS_ACCESS_KEY_ID: known.accessKeyId, AWS_SECRET_ACCESS_KEY: known.secretAccessKey };
  const run = (more: readonly string[] = [], env: Readonly<Record<string, string>> = keys) =>
    runPergola(
      ["credentials", "--exchange", url, "--audience", "network-1", "--sts-endpoint-url", sts.origin, ...more],
      { env: { HOME: home, AWS_REGION: "us-west-2", AWS_EC2_METADATA_DISABLED: "true", ...env } },
    );

  it("prints credentials of the caller's own AWS identity, and keeps them for this user alone", async () => {
    const { code, stdout, stderr } = await run(["--duration", "900"]);

    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const printed = JSON.parse(stdout);
    expect(printed).toMatchObject({ Version: 1, AccessKeyId: expect.stringMatching(/^ASIA/) });
    expect(openSession(keyring, printed.SessionToken)?.principal.arn).toBe(known.arn);
    const dir = join(home, ".cache", "pergola", "credentials");
    expect(readdirSync(dir).map((name) => (statSync(join(dir, name)).mode & 0o777).toString(8))).toEqual(["600"]);

    const again = await run(["--duration", "900"]);

    expect(again.stdout).toBe(stdout);
    expect(exchanged).toBe(1);
  });

  describe("with a web identity token", () => {
    const runToken = (more: readonly string[], env: Readonly<Record<string, string>> = {}) =>
      runPergola(["credentials", "--exchange", url, ...more], { env: { HOME: home, AWS_REGION: "us-west-2", ...env } });
    const writeToken = (token: string): string => {
      const file = join(home, "token");
      writeFileSync(file, `${token}\n`);
      return file;
    };

    it.each(["flag", "environment"])(
      "whose file the %s names prints a session of its role, and keeps it",
      async (by) => {
        const file = writeToken(issuer.token({ claims: { jti: "1" } }));
        const ask = () =>
          by === "flag"
            ? runToken(["--web-identity-token-file", file])
            : runToken([], { AWS_WEB_IDENTITY_TOKEN_FILE: file, AWS_ROLE_ARN: "arn:aws:iam::123456789012:role/x" });

        const { code, stdout, stderr } = await ask();

        expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
        const session = openSession(keyring, JSON.parse(stdout).SessionToken);
        expect(session?.principal.arn).toBe(`arn:aws:sts::${known.account}:assumed-role/ci/job-7`);
        expect((await ask()).stdout).toBe(stdout);
        expect(exchanged).toBe(1);

        writeToken(issuer.token({ claims: { jti: "2" } }));
        expect((await ask()).code).toBe(0);
        expect(exchanged).toBe(2);
      },
    );

    it("is not used where --audience asks for a signature", async () => {
      const file = writeToken(issuer.token());
      const { code, stdout } = await run([], { ...keys, AWS_WEB_IDENTITY_TOKEN_FILE: file });
      expect(code).toBe(0);
      expect(openSession(keyring, JSON.parse(stdout).SessionToken)?.principal.arn).toBe(known.arn);
    });

    it.each<[string, () => string, string]>([
      ["has ended", () => issuer.token({ claims: { exp: 1 } }), "the token has expired"],
      ["is for another subject", () => issuer.token({ claims: { sub: "job-8" } }), "no role is for the subject"],
      ["is none", () => "secret nonsense", "holds no JSON Web Token"],
      ["is nothing", () => "", "holds no JSON Web Token"],
      ["is 40 KB", () => "a".repeat(40_000), "is larger than"],
    ])("that %s gets no session, and is not printed", async (_case, token, text) => {
      const { code, stdout, stderr } = await runToken(["--web-identity-token-file", writeToken(token())]);
      expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
      expect(stderr).toContain(text);
      expect(stderr).not.toContain("secret");
    });

    it.each<readonly [string, readonly string[]]>([
      ["--audience has no effect", ["--audience", "a"]],
      ["--profile has no effect", ["--profile", "a"]],
      ["--role-arn has no effect", ["--role-arn", "a"]],
    ])("is asked for what fits together: %s", async (text, more) => {
      const { code, stderr } = await runToken(["--web-identity-token-file", "token", ...more]);
      expect(code).toBe(2);
      expect(stderr).toContain(text);
    });
  });

  it("gives processes that ask at once credentials each", async () => {
    const all = await Promise.all([run(["--no-cache"]), run(["--no-cache"]), run(["--no-cache"])]);
    expect(all.map(({ code, stderr }) => ({ code, stderr }))).toEqual(Array(3).fill({ code: 0, stderr: "" }));
  });

  it("signs with the profile that is named", async () => {
    const config = join(home, "config");
    writeFileSync(
      config,
      `[profile work]\naws_access_key_id = ${known.accessKeyId}\naws_secret_access_key = ${known.secretAccessKey}\n`,
    );
    const { code, stdout } = await run(["--profile", "work"], { AWS_CONFIG_FILE: config });
    expect(code).toBe(0);
    expect(openSession(keyring, JSON.parse(stdout).SessionToken)?.principal.arn).toBe(known.arn);
  });

  it("does not run itself again and again where the profile is its own", async () => {
    const config = join(home, "config");
    const command = `${process.execPath} ${mainFile} credentials --exchange ${url} --audience network-1`;
    writeFileSync(config, `[profile pergola]\nregion = us-west-2\ncredential_process = ${command}\n`);

    const { code, stderr } = await run([], { AWS_CONFIG_FILE: config, AWS_PROFILE: "pergola" });

    expect(code).toBe(1);
    expect(stderr).toContain("--profile");
    expect(exchanged).toBe(0);
  });

  it("says what the exchange refuses, and keeps nothing", async () => {
    const env = { ...keys, AWS_SECRET_ACCESS_KEY: "another" };
    const { code, stdout, stderr } = await run([], env);
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toContain("SignatureDoesNotMatch");
    expect(stderr).not.toContain("another");
    expect(existsSync(join(home, ".cache", "pergola", "credentials"))).toBe(false);
  });

  it.each([
    ["no JSON", { status: 200, body: "<html>" }, "is no JSON"],
    ["no credentials", { status: 200, body: "{}" }, "has no credentials"],
    ["a terminal's escapes", { status: 403, body: JSON.stringify({ message: "\u001b[2J" }) }, "\\u001b[2J"],
    ["no end", { status: 200, body: `{"a":"${"a".repeat(200_000)}"}` }, "is no JSON"],
    [
      "one proof used twice",
      { status: 403, body: JSON.stringify({ code: "ReplayedRequest", message: "used before" }) },
      "used before",
    ],
  ])("fails when the answer has %s", async (_case, answer, text) => {
    instead = answer;
    const { code, stderr } = await run();
    expect(code).toBe(1);
    expect(stderr).toContain(text);
  });

  it("fails without AWS credentials", async () => {
    const { code, stderr } = await run([], {});
    expect(code).toBe(1);
    expect(stderr).toContain("no AWS credentials to sign with");
  });

  it.each<readonly [string, readonly string[]]>([
    ["--audience", ["--exchange", "https://x.example/"]],
    ["--exchange", ["--audience", "a"]],
    ["--exchange", ["--profile", "a"]],
    ["--exchange must be an https URL", ["--exchange", "http://x.example/", "--audience", "a"]],
    ["--exchange must be an https URL", ["--exchange", "https://u:p@x.example/", "--audience", "a"]],
    ["--role-arn has no effect", ["--exchange", "https://x.example/", "--audience", "a", "--role-arn", "r"]],
    [
      "--sts-endpoint-url must be",
      ["--exchange", "https://x.example/", "--audience", "a", "--sts-endpoint-url", "http://x.example"],
    ],
  ])("asks for what fits together: %s", async (text, args) => {
    const { code, stderr } = await runPergola(["credentials", ...args], { env: keys });
    expect(code).toBe(2);
    expect(stderr).toContain(text);
  });
});
