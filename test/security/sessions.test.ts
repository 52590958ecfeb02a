import { readFileSync } from "node:fs";
import { join } from "node:path";
import {
  AssumeRoleCommand,
  type AssumeRoleCommandInput,
  type Credentials,
  GetFederationTokenCommand,
  STSClient,
} from "@aws-sdk/client-sts";
import { openSession, sealSession } from "@pergola/iam";
import aws4 from "aws4";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { forwardTo, newListener } from "../harness/lattice-resources.ts";
import { type OpenService, openService, policyOf } from "../harness/open-service.ts";
import { openPlainClient, type PlainAnswer } from "../harness/plain-client.ts";
import { openScene, type Scene, sceneAccount, sceneRegion, sceneUser } from "../harness/scene.ts";

const invoke = "vpc-lattice-svcs:Invoke";
const trust = JSON.stringify({
  Version: "2012-10-17",
  Statement: [
    { Effect: "Allow", Principal: { AWS: sceneUser.principal }, Action: ["sts:AssumeRole", "sts:TagSession"] },
  ],
});
const identityPolicy = (...statements: object[]): string =>
  JSON.stringify({
    Version: "2012-10-17",
    Statement: statements.map((one) => ({ Effect: "Allow", Action: invoke, Resource: "*", ...one })),
  });
const roleArn = (name: string): string => `arn:aws:iam::${sceneAccount}:role/${name}`;

describe("sessions of Pergola's own STS at a service", () => {
  let scene: Scene;
  let service: OpenService;
  let sts: STSClient;

  beforeAll(async () => {
    scene = await openScene();
    const { client } = scene;
    const program = await scene.startProgram((request, response) => {
      response.end(String(request.headers["x-amzn-lattice-identity"]));
    });
    service = await openService(client, "iam");
    const group = await scene.groupOf(program);
    await newListener(client, service.id, { port: 80, defaultAction: forwardTo(group.id) });
    await client.putAuthPolicy({ resourceIdentifier: service.networkId, policy: policyOf({}) });
    sts = new STSClient({
      endpoint: scene.pergola.apiUrl,
      region: sceneRegion,
      credentials: sceneUser,
      maxAttempts: 1,
    });
  }, 60_000);

  afterAll(async () => {
    sts?.destroy();
    await scene?.[Symbol.asyncDispose]();
  });

  const servicePolicy = (...statements: object[]): Promise<unknown> =>
    scene.client.putAuthPolicy({ resourceIdentifier: service.id, policy: policyOf(...statements) });

  async function identities(method: string, path: string, body?: object): Promise<void> {
    const init = body === undefined ? { method } : { method, body: JSON.stringify(body) };
    const response = await fetch(`${scene.pergola.apiUrl}/pergola/${path}`, init);
    if (!response.ok) throw new Error(`${response.status} ${await response.text()}`);
  }
  const newRole = (name: string, more: object = {}): Promise<void> =>
    identities("POST", "roles", { name, trustPolicy: trust, ...more });

  async function assume(name: string, more: Partial<AssumeRoleCommandInput> = {}): Promise<Credentials> {
    const command = new AssumeRoleCommand({ RoleArn: roleArn(name), RoleSessionName: "one", ...more });
    const { Credentials } = await sts.send(command);
    if (Credentials === undefined) throw new Error("no credentials");
    return Credentials;
  }

  async function call(path: string, credentials?: Partial<Credentials>): Promise<PlainAnswer> {
    using plain = openPlainClient(service.host, scene.pergola.httpPort);
    if (credentials === undefined) return await plain.send({ path });
    const { AccessKeyId = "", SecretAccessKey = "", SessionToken } = credentials;
    const unsigned = {
      ...{ host: service.host, method: "GET", path, service: "vpc-lattice-svcs", region: sceneRegion },
      headers: { host: service.host, "x-amz-content-sha256": "UNSIGNED-PAYLOAD" },
    };
    const token = SessionToken === undefined ? {} : { sessionToken: SessionToken };
    const keys = { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, ...token };
    const { headers } = aws4.sign(unsigned, keys);
    return await plain.send({ path, headers: headers as Record<string, string> });
  }

  it("a role named as Principal lets its sessions in, and nobody else's", async () => {
    await newRole("named");
    await newRole("unnamed");
    await servicePolicy({ Principal: { AWS: roleArn("named") } });

    const inside = await call("/", await assume("named"));
    expect(inside).toMatchObject({
      status: 200,
      body: `Principal=arn:aws:sts::${sceneAccount}:assumed-role/named/one; SessionName=one; Type=AWS_IAM`,
    });
    const outside = await call("/", await assume("unnamed"));
    expect(outside.status).toBe(403);
    expect(outside.body).toContain(`User: arn:aws:sts::${sceneAccount}:assumed-role/unnamed/one is not authorized`);
    expect((await call("/")).status).toBe(403);
  });

  it("one session named as Principal lets no other session of the role in", async () => {
    await newRole("several");
    await servicePolicy({ Principal: { AWS: `arn:aws:sts::${sceneAccount}:assumed-role/several/one` } });
    expect((await call("/", await assume("several"))).status).toBe(200);
    expect((await call("/", await assume("several", { RoleSessionName: "two" }))).status).toBe(403);
  });

  it("a session policy narrows what the role may, and widens nothing", async () => {
    await newRole("narrowed", { identityPolicies: [identityPolicy({ Resource: "*/allowed/*" })] });
    await servicePolicy({});
    const whole = await assume("narrowed");
    const narrow = await assume("narrowed", { Policy: identityPolicy({ Resource: "*/allowed/a*" }) });
    const wide = await assume("narrowed", { Policy: identityPolicy({}) });

    expect((await call("/allowed/b", whole)).status).toBe(200);
    expect((await call("/allowed/a", narrow)).status).toBe(200);
    expect((await call("/allowed/b", narrow)).status).toBe(403);
    expect((await call("/other", wide)).status).toBe(403);
    expect((await call("/allowed/b", wide)).status).toBe(200);
  });

  it("a permission boundary narrows what the role may, also when it comes later", async () => {
    await newRole("bounded", { identityPolicies: [identityPolicy({})] });
    await servicePolicy({});
    const credentials = await assume("bounded");
    expect((await call("/b", credentials)).status).toBe(200);

    await identities("PATCH", "roles/bounded", { permissionBoundary: identityPolicy({ Resource: "*/a" }) });
    expect((await call("/b", credentials)).status).toBe(403);
    expect((await call("/a", credentials)).status).toBe(200);
  });

  it("session tags are the caller's tags in conditions, and win over the role's", async () => {
    await newRole("tagged", { tags: { team: "red", tier: "front" } });
    await servicePolicy({ Condition: { StringEquals: { "aws:PrincipalTag/team": "blue" } } });
    const blue = [{ Key: "team", Value: "blue" }];

    expect((await call("/", await assume("tagged", { Tags: blue }))).status).toBe(200);
    expect((await call("/", await assume("tagged"))).status).toBe(403);
    await servicePolicy({ Condition: { StringEquals: { "aws:PrincipalTag/tier": "front" } } });
    expect((await call("/", await assume("tagged", { Tags: blue }))).status).toBe(200);
  });

  it("a deleted role's sessions are denied from the next request on", async () => {
    await newRole("deleted");
    await servicePolicy({ Principal: { AWS: roleArn("deleted") } });
    const credentials = await assume("deleted");
    expect((await call("/", credentials)).status).toBe(200);

    await identities("DELETE", "roles/deleted");
    const denied = await call("/", credentials);
    expect(denied.status).toBe(403);
    expect(denied.body).toContain("because no identity-based policy allows");
  });

  it("a federated user without a session policy is denied, with one it may what both allow", async () => {
    await servicePolicy({});
    const none = await sts.send(new GetFederationTokenCommand({ Name: "guest" }));
    const some = await sts.send(
      new GetFederationTokenCommand({ Name: "guest", Policy: identityPolicy({ Resource: "*/guests" }) }),
    );

    expect((await call("/guests", none.Credentials)).status).toBe(403);
    expect((await call("/guests", some.Credentials)).status).toBe(200);
    expect((await call("/", some.Credentials)).status).toBe(403);
  });

  it("a session that has run out is told so, but only to whoever holds its secret", async () => {
    await newRole("brief");
    await servicePolicy({});
    const { SessionToken = "", ...rest } = await assume("brief");
    const { sessions } = JSON.parse(readFileSync(join(scene.dataDir, "keys.json"), "utf8"));
    const keys = sessions.map((one: { key: string }) => ({ ...one, key: Buffer.from(one.key, "base64") }));
    const claims = openSession({ keys }, SessionToken);
    if (claims === undefined) throw new Error("the server's own key does not open its token");
    const old = sealSession({ keys }, { ...claims, expiresAt: new Date(Date.now() - 1_000).toISOString() });

    const told = await call("/", { ...rest, SessionToken: old });
    expect(told).toMatchObject({ status: 403, body: expect.stringMatching(/^ExpiredTokenException: /) });
    const guessed = await call("/", { ...rest, SessionToken: old, SecretAccessKey: "a guess" });
    expect(guessed).toMatchObject({ status: 403, body: expect.stringMatching(/^InvalidSignatureException: /) });
    expect((await call("/", { ...rest, SessionToken })).status).toBe(200);
  });

  it.each([
    ["cut", (token: string) => token.slice(0, -4)],
    ["changed in its first character", (token: string) => (token.startsWith("A") ? "B" : "A") + token.slice(1)],
    [
      "changed in the middle",
      (token: string) => token.slice(0, 100) + (token[100] === "A" ? "B" : "A") + token.slice(101),
    ],
    ["longer", (token: string) => `${token}AAAA`],
    ["gone", () => undefined],
  ])("a session token that is %s is refused", async (_what, change) => {
    await servicePolicy({});
    const federated = await sts.send(new GetFederationTokenCommand({ Name: "guest", Policy: identityPolicy({}) }));
    const credentials: Partial<Credentials> = federated.Credentials ?? {};
    expect((await call("/", credentials)).status).toBe(200);

    const answer = await call("/", { ...credentials, SessionToken: change(credentials.SessionToken ?? "") });
    expect(answer).toMatchObject({ status: 403, body: expect.stringMatching(/^UnrecognizedClientException: /) });
  });
});
