import { writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  AssumeRoleCommand,
  type Credentials,
  GetCallerIdentityCommand,
  GetFederationTokenCommand,
  GetSessionTokenCommand,
  STSClient,
} from "@aws-sdk/client-sts";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type PergolaProcess, startPergola } from "../harness/pergola.ts";

const account = "123456789012";
const region = "us-west-2";
const admin = { accessKeyId: "AKIAADMIN00000000001", secretAccessKey: "admin/secret/access/key/00000000000000" };
const stranger = { accessKeyId: "AKIASTRANGER00000001", secretAccessKey: "stranger/secret/access/key/0000000000" };

const trust = (statement: object): string =>
  JSON.stringify({
    Version: "2012-10-17",
    Statement: [{ Effect: "Allow", Action: ["sts:AssumeRole", "sts:TagSession"], ...statement }],
  });

describe("STS of a running Pergola", () => {
  let directory: string;
  let pergola: PergolaProcess;
  const clients: STSClient[] = [];

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), "pergola-sts-"));
    const configFile = join(directory, "pergola.json");
    const identities = [
      { ...admin, principal: `arn:aws:iam::${account}:user/admin`, tags: { team: "a" } },
      { ...stranger, principal: "arn:aws:iam::999900001111:user/stranger" },
    ];
    writeFileSync(configFile, JSON.stringify({ identities }), { mode: 0o600 });
    pergola = await startPergola({ dataDir: join(directory, "data"), env: { PERGOLA_CONFIG: configFile } });
    await post("/pergola/roles", {
      name: "web",
      trustPolicy: trust({ Principal: { AWS: `arn:aws:iam::${account}:user/admin` } }),
      tags: { tier: "front" },
    });
    await post("/pergola/roles", {
      name: "next",
      trustPolicy: trust({ Principal: { AWS: `arn:aws:iam::${account}:role/web` } }),
      maxSessionSeconds: 7_200,
    });
    await post("/pergola/roles", {
      name: "with-external-id",
      trustPolicy: trust({ Principal: { AWS: account }, Condition: { StringEquals: { "sts:ExternalId": "42" } } }),
    });
  }, 30_000);

  afterAll(async () => {
    for (const client of clients) client.destroy();
    await pergola?.stop();
    await rm(directory, { recursive: true, force: true });
  });

  async function post(path: string, body: unknown, method = "POST"): Promise<Record<string, unknown>> {
    const response = await fetch(`${pergola.apiUrl}${path}`, { method, body: JSON.stringify(body) });
    const text = await response.text();
    if (!response.ok) throw new Error(`${response.status} ${text}`);
    return text === "" ? {} : JSON.parse(text);
  }

  const sts = (credentials: { accessKeyId: string; secretAccessKey: string; sessionToken?: string }): STSClient => {
    const client = new STSClient({ endpoint: pergola.apiUrl, region, credentials, maxAttempts: 1 });
    clients.push(client);
    return client;
  };
  const asClient = (
    { AccessKeyId = "", SecretAccessKey = "", SessionToken = "" }: Credentials = {} as Credentials,
  ): STSClient => sts({ accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: SessionToken });
  const arnOf = async (client: STSClient): Promise<string | undefined> =>
    (await client.send(new GetCallerIdentityCommand({}))).Arn;
  const role = (name: string): string => `arn:aws:iam::${account}:role/${name}`;
  const assume = (client: STSClient, name: string, more: object = {}) =>
    client.send(new AssumeRoleCommand({ RoleArn: role(name), RoleSessionName: "one", ...more }));

  it("says who signs, whether by a key of the configuration or of a user", async () => {
    await post("/pergola/users", { name: "reader" });
    const key = await post("/pergola/users/reader/access-keys", {});
    const reader = sts({ accessKeyId: String(key.accessKeyId), secretAccessKey: String(key.secretAccessKey) });

    expect(await arnOf(sts(admin))).toBe(`arn:aws:iam::${account}:user/admin`);
    expect(await arnOf(reader)).toBe(`arn:aws:iam::${account}:user/reader`);
    await expect(arnOf(sts({ ...admin, secretAccessKey: "wrong" }))).rejects.toMatchObject({
      name: "SignatureDoesNotMatch",
    });
  });

  it("shows a secret once, and refuses a key from the moment of its deletion", async () => {
    await post("/pergola/users", { name: "brief" });
    const { accessKeyId, secretAccessKey } = await post("/pergola/users/brief/access-keys", {});
    const client = sts({ accessKeyId: String(accessKeyId), secretAccessKey: String(secretAccessKey) });
    expect(await arnOf(client)).toBe(`arn:aws:iam::${account}:user/brief`);

    const listed = await (await fetch(`${pergola.apiUrl}/pergola/users/brief/access-keys`)).text();
    expect(listed).toContain(String(accessKeyId));
    expect(listed).not.toContain(String(secretAccessKey));
    await post(`/pergola/access-keys/${accessKeyId}`, undefined, "DELETE");
    expect(await arnOf(client)).toBe(`arn:aws:iam::${account}:root`);
    await expect(client.send(new GetSessionTokenCommand({}))).rejects.toMatchObject({ name: "InvalidClientTokenId" });
  });

  it("gives a role's session to whom the trust policy names, and to nobody else", async () => {
    const { Credentials, AssumedRoleUser } = await assume(sts(admin), "web");

    expect(AssumedRoleUser?.Arn).toBe(`arn:aws:sts::${account}:assumed-role/web/one`);
    expect(await arnOf(asClient(Credentials))).toBe(`arn:aws:sts::${account}:assumed-role/web/one`);
    await expect(assume(sts(stranger), "web")).rejects.toMatchObject({ name: "AccessDenied" });
    await expect(assume(sts(admin), "not-there")).rejects.toMatchObject({ name: "AccessDenied" });
  });

  it("asks for the external id that the trust policy asks for", async () => {
    await expect(assume(sts(admin), "with-external-id")).rejects.toMatchObject({ name: "AccessDenied" });
    await expect(assume(sts(admin), "with-external-id", { ExternalId: "41" })).rejects.toMatchObject({
      name: "AccessDenied",
    });
    expect((await assume(sts(admin), "with-external-id", { ExternalId: "42" })).Credentials).toBeDefined();
  });

  it("lets a role's session assume the next role for an hour at most, and hands transitive tags on", async () => {
    const first = await assume(sts(admin), "web", {
      Tags: [
        { Key: "project", Value: "x" },
        { Key: "local", Value: "y" },
      ],
      TransitiveTagKeys: ["project"],
    });
    const client = asClient(first.Credentials);
    await expect(assume(client, "next", { DurationSeconds: 7_200 })).rejects.toMatchObject({ name: "ValidationError" });
    await expect(assume(client, "next", { Tags: [{ Key: "Project", Value: "z" }] })).rejects.toMatchObject({
      name: "InvalidParameterValue",
    });
    const second = await assume(client, "next");
    expect(second.AssumedRoleUser?.Arn).toBe(`arn:aws:sts::${account}:assumed-role/next/one`);
  });

  it("refuses a session token that was changed, or that belongs to another key", async () => {
    const { Credentials: one } = await assume(sts(admin), "web");
    const { Credentials: two } = await assume(sts(admin), "web");
    const swapped = { ...one, SessionToken: two?.SessionToken } as Credentials;
    const changed = { ...one, SessionToken: `${one?.SessionToken?.slice(0, -2)}AA` } as Credentials;
    for (const credentials of [swapped, changed]) {
      await expect(assume(asClient(credentials), "next")).rejects.toMatchObject({ name: "InvalidClientTokenId" });
    }
  });

  it("lets no session outlive its role, not even when a role of the same name is made", async () => {
    const trustPolicy = trust({ Principal: { AWS: `arn:aws:iam::${account}:user/admin` } });
    await post("/pergola/roles", { name: "again", trustPolicy });
    const { Credentials } = await assume(sts(admin), "again");
    await post("/pergola/roles/next", { trustPolicy: trust({ Principal: { AWS: role("again") } }) }, "PATCH");
    expect((await assume(asClient(Credentials), "next")).Credentials).toBeDefined();

    await post("/pergola/roles/again", undefined, "DELETE");
    await expect(assume(asClient(Credentials), "next")).rejects.toMatchObject({ name: "AccessDenied" });
    await post("/pergola/roles", { name: "again", trustPolicy });
    await expect(assume(asClient(Credentials), "next")).rejects.toMatchObject({ name: "AccessDenied" });
  });

  it("gives users session tokens and federation tokens, and sessions neither", async () => {
    const session = await sts(admin).send(new GetSessionTokenCommand({ DurationSeconds: 900 }));
    const federated = await sts(admin).send(new GetFederationTokenCommand({ Name: "guest" }));
    expect(await arnOf(asClient(session.Credentials))).toBe(`arn:aws:iam::${account}:user/admin`);
    expect(federated.FederatedUser?.Arn).toBe(`arn:aws:sts::${account}:federated-user/guest`);
    expect(await arnOf(asClient(federated.Credentials))).toBe(`arn:aws:sts::${account}:federated-user/guest`);
    await expect(asClient(session.Credentials).send(new GetSessionTokenCommand({}))).rejects.toMatchObject({
      name: "AccessDenied",
    });
  });

  it.each([
    ["a duration that is too short", { DurationSeconds: 899 }, "ValidationError"],
    ["a duration over the role's", { DurationSeconds: 3_601 }, "ValidationError"],
    [
      "a session policy that is none",
      { Policy: '{"Version":"2012-10-17","Statement":[{"Effect":"Maybe"}]}' },
      "MalformedPolicyDocumentException",
    ],
    [
      "a managed session policy",
      { PolicyArns: [{ arn: "arn:aws:iam::aws:policy/ReadOnlyAccess" }] },
      "ValidationError",
    ],
    ["a tag of AWS's own", { Tags: [{ Key: "aws:x", Value: "" }] }, "InvalidParameterValue"],
    ["a transitive key without a tag", { TransitiveTagKeys: ["x"] }, "ValidationError"],
    ["a session name with spaces", { RoleSessionName: "a b" }, "ValidationError"],
  ])("refuses %s", async (_what, more, name) => {
    await expect(assume(sts(admin), "web", more)).rejects.toMatchObject({ name });
  });

  it("refuses forms that are no STS request", async () => {
    const send = (body: string) =>
      fetch(pergola.apiUrl, { method: "POST", body, headers: { "content-type": "application/x-www-form-urlencoded" } });
    expect((await send("Action=Nothing")).status).toBe(400);
    expect((await send("")).status).toBe(400);
    expect((await send("Action=AssumeRole&Action=AssumeRole")).status).toBe(400);
    expect((await send("Action=AssumeRole&Version=2011-06-15")).status).toBe(403);
    expect((await send("Action=constructor")).status).toBe(400);
  });

  it("keeps users, keys and sessions over a restart", async () => {
    const { Credentials } = await assume(sts(admin), "web");
    const env = { PERGOLA_CONFIG: join(directory, "pergola.json") };
    await pergola.stop("SIGKILL");
    pergola = await startPergola({ dataDir: join(directory, "data"), env });
    expect(await arnOf(asClient(Credentials))).toBe(`arn:aws:sts::${account}:assumed-role/web/one`);
  });
});
