import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type PergolaProcess, startPergola } from "../harness/pergola.ts";
import { type Ended, runPergola } from "./run-pergola.ts";

const admin = { accessKeyId: "AKIAADMIN00000000001", secretAccessKey: "admin/secret/access/key/00000000000000" };
const allow = JSON.stringify({
  Version: "2012-10-17",
  Statement: [{ Effect: "Allow", Action: "vpc-lattice-svcs:Invoke", Resource: "*" }],
});
const trust = JSON.stringify({
  Version: "2012-10-17",
  Statement: [{ Effect: "Allow", Principal: { AWS: "123456789012" }, Action: "sts:AssumeRole" }],
});

describe("pergola identity, on a server that asks for signatures", () => {
  let directory: string;
  let pergola: PergolaProcess;

  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), "pergola-cli-identity-"));
    const configFile = join(directory, "pergola.json");
    const identities = [{ ...admin, principal: "arn:aws:iam::123456789012:user/admin" }];
    writeFileSync(configFile, JSON.stringify({ identities }), { mode: 0o600 });
    for (const [name, content] of Object.entries({ allow, trust }))
      writeFileSync(join(directory, `${name}.json`), content);
    pergola = await startPergola({
      dataDir: join(directory, "data"),
      env: { PERGOLA_CONFIG: configFile },
      args: ["--require-auth"],
    });
  }, 30_000);

  afterAll(async () => {
    await pergola?.stop();
    rmSync(directory, { recursive: true, force: true });
  });

  const signing = { AWS_ACCESS_KEY_ID: admin.accessKeyId, AWS_SECRET_ACCESS_KEY: admin.secretAccessKey };
  const identity = (
    args: readonly string[],
    stdin = "",
    env: Readonly<Record<string, string>> = signing,
  ): Promise<Ended> =>
    runPergola(["identity", ...args], { env: { PERGOLA_API_URL: pergola.apiUrl, HOME: directory, ...env }, stdin });
  const json = async (...args: readonly string[]): Promise<Record<string, unknown>> => {
    const { code, stdout, stderr } = await identity([...args, "-o", "json"]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    return JSON.parse(stdout);
  };
  const file = (name: string): string => join(directory, name);

  it("refuses who does not sign, and says what to set", async () => {
    expect(await identity(["list-users"], "", {})).toEqual({
      code: 1,
      stdout: "",
      stderr: expect.stringMatching(/^pergola: .*sign the request.*AWS_ACCESS_KEY_ID/),
    });
    const wrong = await identity(["list-users"], "", { ...signing, AWS_SECRET_ACCESS_KEY: "wrong" });
    expect(wrong.code).toBe(1);
    expect(wrong.stderr).not.toContain("wrong");
  });

  it("signs with the profile that AWS_PROFILE names", async () => {
    const { accessKeyId, secretAccessKey } = admin;
    const credentials = `[me]\naws_access_key_id = ${accessKeyId}\naws_secret_access_key = ${secretAccessKey}\n`;
    writeFileSync(file("aws-credentials"), credentials, { mode: 0o600 });
    const env = { AWS_PROFILE: "me", AWS_SHARED_CREDENTIALS_FILE: file("aws-credentials") };

    expect(await identity(["list-roles"], "", env)).toEqual({ code: 0, stdout: "", stderr: "" });
    const missing = await identity(["list-roles"], "", { ...env, AWS_PROFILE: "nobody" });
    expect(missing).toMatchObject({ code: 1, stderr: expect.stringMatching(/^pergola: the request cannot be signed/) });
  });

  it("makes, shows, changes and deletes a user", async () => {
    const policies = ["--policy", file("allow.json"), "--permission-boundary", file("allow.json")];
    const created = await json(
      "create-user",
      "alice",
      "--path",
      "/team/",
      "--tag",
      "a=1",
      "--tag",
      "b=x=y",
      ...policies,
    );
    expect(created).toMatchObject({
      arn: "arn:aws:iam::123456789012:user/team/alice",
      tags: { a: "1", b: "x=y" },
      identityPolicies: [allow],
      permissionBoundary: allow,
    });
    expect(await json("get-user", "alice")).toEqual(created);
    expect((await identity(["get-user", "alice"])).stdout).toContain("tags                a=1, b=x=y\n");
    expect((await identity(["list-users"])).stdout).toMatch(/Z {2}arn:aws:iam::123456789012:user\/team\/alice\n/);

    expect(
      await json("update-user", "alice", "--clear-tags", "--clear-policies", "--org-id", "o-0123456789"),
    ).toMatchObject({
      tags: {},
      identityPolicies: [],
      orgId: "o-0123456789",
    });
    expect((await identity(["delete-user", "alice"])).stdout).toBe("user alice is deleted\n");
    expect(await identity(["get-user", "alice"])).toMatchObject({
      code: 1,
      stderr: "pergola: USER `alice` not found\n",
    });
  });

  it("signs paths and queries with characters that are encoded in them", async () => {
    const name = "a+b=c,d@e.f";
    await json("create-user", name);
    expect((await json("get-user", name)).name).toBe(name);
    expect((await identity(["delete-user", name])).code).toBe(0);

    const args = ["explain", "--request-id", "a/b c%20+&=?ü"];
    const { code, stderr } = await runPergola(args, { env: { PERGOLA_API_URL: pergola.apiUrl, ...signing } });
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining("must be a request id") });
  });

  it("makes a role and replaces its trust policy, from standard input too", async () => {
    expect(await json("create-role", "web", "--trust-policy", file("trust.json"))).toMatchObject({
      trustPolicy: trust,
    });
    const other = trust.replace("123456789012", "999900001111");
    const updated = await identity(
      ["update-role", "web", "--trust-policy", "-", "--max-session", "7200", "-o", "json"],
      other,
    );
    expect(JSON.parse(updated.stdout)).toMatchObject({ trustPolicy: other, maxSessionSeconds: 7_200 });
    expect((await identity(["list-roles"])).stdout).toContain(":role/web\n");
    expect((await identity(["delete-role", "web"])).code).toBe(0);
  });

  it("shows an access key's secret once; it signs until the key is deleted", async () => {
    await json("create-user", "bob");
    const { accessKeyId, secretAccessKey } = (await json("create-access-key", "bob")) as Record<string, string>;
    const credentials = { accessKeyId: accessKeyId ?? "", secretAccessKey: secretAccessKey ?? "" };
    const client = new STSClient({ endpoint: pergola.apiUrl, region: "us-west-2", credentials, maxAttempts: 1 });
    const caller = () => client.send(new GetCallerIdentityCommand({}));
    expect((await caller()).Arn).toBe("arn:aws:iam::123456789012:user/bob");

    const listed = await identity(["list-access-keys", "bob"]);
    expect(listed.stdout).toContain(accessKeyId);
    expect(listed.stdout).not.toContain(secretAccessKey);
    const text = await identity(["create-access-key", "bob"]);
    expect(text.stdout).toMatch(/export AWS_ACCESS_KEY_ID=AKIA[A-Z0-9]{16}\n {2}export AWS_SECRET_ACCESS_KEY=\S{40}\n/);

    expect((await identity(["delete-user", "bob"])).stderr).toContain("has access keys");
    expect((await identity(["delete-access-key", accessKeyId ?? ""])).code).toBe(0);
    await expect(caller()).rejects.toMatchObject({ name: "InvalidClientTokenId" });
    client.destroy();
  });

  it.each([
    [["create-user", "x", "--tag", "a"], 2, "must be key=value"],
    [["create-user", "x", "--tag", "a=1", "--tag", "a=2"], 2, "`a` is given twice"],
    [["create-role", "x"], 2, "--trust-policy"],
    [["create-role", "x", "--trust-policy", "nowhere.json"], 1, "`nowhere.json` cannot be read: ENOENT"],
    [["update-user", "x"], 2, "nothing to change"],
    [["update-user", "x", "--tag", "a=1", "--clear-tags"], 2, "--tag and --clear-tags exclude each other"],
    [["create-user", "no spaces"], 1, "letters, digits"],
    [["get-user", "../users"], 1, "letters, digits"],
    [["list-users", "--endpoint-url", "http://user:secret@127.0.0.1"], 2, "must be a URL"],
  ])("refuses %j with exit code %i", async (args, code, message) => {
    const ended = await identity(args);

    expect(ended).toMatchObject({ code, stdout: "", stderr: expect.stringContaining(message) });
    expect(ended.stderr).toMatch(/^pergola: /);
  });
});
