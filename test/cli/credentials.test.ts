import { generateKeyPairSync, sign } from "node:crypto";
import { once } from "node:events";
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type PergolaProcess, startPergola } from "../harness/pergola.ts";
import { type Ended, mainFile, runPergola } from "./run-pergola.ts";

const account = "123456789012";
const admin = { accessKeyId: "AKIAADMIN00000000001", secretAccessKey: "admin/secret/access/key/00000000000000" };
const roleArn = `arn:aws:iam::${account}:role/web`;

const keys = generateKeyPairSync("ed25519");

/** An OpenID Connect provider on this machine, as far as its keys. */
async function startProvider(): Promise<{ server: Server; issuer: string }> {
  const jwk = { ...keys.publicKey.export({ format: "jwk" }), kid: "one", alg: "EdDSA", use: "sig" };
  const server = createServer((_request, response) => response.end(JSON.stringify({ keys: [jwk] })));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return { server, issuer: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

function tokenOf(issuer: string): string {
  const seconds = Math.floor(Date.now() / 1_000);
  const claims = { iss: issuer, sub: "job-1", aud: "pergola", iat: seconds, exp: seconds + 300 };
  const text = [{ alg: "EdDSA", kid: "one", typ: "JWT" }, claims]
    .map((part) => Buffer.from(JSON.stringify(part)).toString("base64url"))
    .join(".");
  return `${text}.${sign(null, Buffer.from(text), keys.privateKey).toString("base64url")}`;
}

describe("pergola credentials", () => {
  let provider: Awaited<ReturnType<typeof startProvider>>;
  let directory: string;
  let pergola: PergolaProcess;

  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), "pergola-cli-credentials-"));
    const configFile = file("pergola.json");
    const identities = [{ ...admin, principal: `arn:aws:iam::${account}:user/admin` }];
    provider = await startProvider();
    const { issuer } = provider;
    const oidcProviders = [{ issuer, audiences: ["pergola"], jwksUri: `${issuer}/keys` }];
    writeFileSync(configFile, JSON.stringify({ identities, oidcProviders }), { mode: 0o600 });
    writeFileSync(file("secret"), `${admin.secretAccessKey}\n`, { mode: 0o600 });
    pergola = await startPergola({ dataDir: file("data"), env: { PERGOLA_CONFIG: configFile } });
    const user = { Principal: { AWS: account }, Action: ["sts:AssumeRole", "sts:TagSession"] };
    const federated = `arn:aws:iam::${account}:oidc-provider/${issuer.slice("http://".length)}`;
    const token = { Principal: { Federated: federated }, Action: "sts:AssumeRoleWithWebIdentity" };
    const Statement = [user, token].map((one) => ({ Effect: "Allow", ...one }));
    const trustPolicy = JSON.stringify({ Version: "2012-10-17", Statement });
    const body = JSON.stringify({ name: "web", trustPolicy });
    expect((await fetch(`${pergola.apiUrl}/pergola/roles`, { method: "POST", body })).status).toBe(200);
  }, 30_000);

  afterAll(async () => {
    await pergola?.stop();
    provider?.server.close();
    rmSync(directory, { recursive: true, force: true });
  });

  const file = (name: string): string => join(directory, name);
  const source = { AWS_ACCESS_KEY_ID: admin.accessKeyId, AWS_SECRET_ACCESS_KEY: admin.secretAccessKey };
  const credentials = (
    cache: string,
    args: readonly string[],
    env: Readonly<Record<string, string>> = source,
  ): Promise<Ended> =>
    runPergola(["credentials", ...args], {
      env: { PERGOLA_API_URL: pergola.apiUrl, XDG_CACHE_HOME: file(cache), ...env },
    });
  const cacheDir = (cache: string): string => join(file(cache), "pergola", "credentials");
  const kept = (cache: string): string[] => readdirSync(cacheDir(cache)).filter((name) => name.endsWith(".json"));

  it("lets an AWS SDK sign with a profile that runs it", async () => {
    const command = [
      `${process.execPath} ${mainFile} credentials --role-arn ${roleArn} --session-name sdk`,
      `--endpoint-url ${pergola.apiUrl} --access-key-id ${admin.accessKeyId} --secret-access-key-file ${file("secret")}`,
    ].join(" ");
    const profile = `[profile pergola]\nregion = us-west-2\nendpoint_url = ${pergola.apiUrl}\ncredential_process = ${command}\n`;
    writeFileSync(file("aws-config"), profile);
    const before = { ...process.env };
    for (const name of ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"]) delete process.env[name];
    Object.assign(process.env, {
      AWS_PROFILE: "pergola",
      AWS_CONFIG_FILE: file("aws-config"),
      AWS_SHARED_CREDENTIALS_FILE: file("none"),
      XDG_CACHE_HOME: file("sdk-cache"),
    });
    const client = new STSClient({ maxAttempts: 1 });
    try {
      const { Arn } = await client.send(new GetCallerIdentityCommand({}));

      expect(Arn).toBe(`arn:aws:sts::${account}:assumed-role/web/sdk`);
    } finally {
      client.destroy();
      process.env = before;
    }
  });

  it("prints the user's own session without a role", async () => {
    const { code, stdout } = await credentials("own", []);

    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toEqual({
      Version: 1,
      AccessKeyId: expect.stringMatching(/^ASIA/),
      SecretAccessKey: expect.any(String),
      SessionToken: expect.any(String),
      Expiration: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
    });
  });

  it("takes an OpenID Connect token in place of an access key", async () => {
    writeFileSync(file("token"), tokenOf(provider.issuer));
    const { code, stdout } = await credentials(
      "token",
      ["--role-arn", roleArn, "--web-identity-token-file", file("token")],
      {},
    );
    expect(code).toBe(0);

    const { AccessKeyId, SecretAccessKey, SessionToken } = JSON.parse(stdout);
    const session = {
      AWS_ACCESS_KEY_ID: AccessKeyId,
      AWS_SECRET_ACCESS_KEY: SecretAccessKey,
      AWS_SESSION_TOKEN: SessionToken,
    };
    const again = await credentials("token", [], session);
    expect(again).toMatchObject({ code: 1, stderr: expect.stringContaining("pergola: ") });
    const next = await credentials("token", ["--role-arn", roleArn, "--session-name", "next"], session);
    expect(next.code).toBe(0);
  });

  it("keeps a session for its user alone, and uses it again, also without the server", async () => {
    const args = ["--role-arn", roleArn, "--duration", "900", "--tag", "a=b"];
    const first = await credentials("again", args);
    const [name = ""] = kept("again");
    expect(statSync(join(cacheDir("again"), name)).mode & 0o777).toBe(0o600);
    expect(statSync(cacheDir("again")).mode & 0o777).toBe(0o700);
    expect(name).not.toContain(admin.accessKeyId);

    expect((await credentials("again", args)).stdout).toBe(first.stdout);
    expect((await credentials("again", [...args, "--no-cache"])).stdout).not.toBe(first.stdout);
    expect((await credentials("again", args)).stdout).toBe(first.stdout);
    expect((await credentials("again", [...args, "--session-name", "other"])).stdout).not.toBe(first.stdout);
  });

  it("hands nobody a session of a key whose secret they do not have", async () => {
    await credentials("others", ["--role-arn", roleArn]);
    const env = { ...source, AWS_SECRET_ACCESS_KEY: "wrong" };

    const { code, stdout, stderr } = await credentials("others", ["--role-arn", roleArn], env);
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).not.toContain("wrong");
  });

  it("asks again where what is kept is about to end, is broken, or could be read by others", async () => {
    const args = ["--role-arn", roleArn];
    const ask = async (): Promise<string> => (await credentials("stale", args)).stdout;
    let last = await ask();
    const path = join(cacheDir("stale"), kept("stale")[0] ?? "");
    const changes: (() => void)[] = [
      () => {
        const soon = new Date(Date.now() + 4 * 60_000).toISOString();
        writeFileSync(path, JSON.stringify({ ...JSON.parse(readFileSync(path, "utf8")), Expiration: soon }));
      },
      () => writeFileSync(path, '{"Version":1,"AccessKeyId"'),
      () => chmodSync(path, 0o644),
    ];
    for (const change of changes) {
      change();
      const next = await ask();
      expect(JSON.parse(next).AccessKeyId).not.toBe(JSON.parse(last).AccessKeyId);
      expect(await ask()).toBe(next);
      expect(statSync(path).mode & 0o777).toBe(0o600);
      last = next;
    }
  });

  it("prints credentials, with a warning, where nothing can be kept", async () => {
    writeFileSync(file("no-directory"), "");
    const { code, stdout, stderr } = await credentials("no-directory", []);

    expect(code).toBe(0);
    expect(JSON.parse(stdout).Version).toBe(1);
    expect(stderr).toMatch(/^pergola: the cache of credentials cannot be used: E/);
  });

  it.each([
    [["--role-arn", `arn:aws:iam::${account}:role/none`], {}, 1, "is not authorized to perform: sts:AssumeRole"],
    [["--tag", "a=b"], {}, 2, "--tag needs a role"],
    [["--duration", "899"], {}, 2, "a whole number from 900 to 129600"],
    [["--access-key-id", "AKIA"], {}, 2, "belong together"],
    [
      ["--role-arn", roleArn, "--web-identity-token-file", "t", "--external-id", "x"],
      {},
      2,
      "--external-id has no effect",
    ],
    [[], { AWS_ACCESS_KEY_ID: "" }, 1, "no source credentials"],
    [["--endpoint-url", "http://127.0.0.1:1"], {}, 1, "start it with `pergola serve`"],
  ])("refuses %j %j with exit code %i", async (args, env, code, message) => {
    const ended = await credentials("refused", args, { ...source, ...env });

    expect(ended).toMatchObject({ code, stdout: "", stderr: expect.stringContaining(message) });
  });
});
