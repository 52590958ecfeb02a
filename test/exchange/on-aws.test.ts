import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { DeleteItemCommand } from "@aws-sdk/client-dynamodb";
import { CreateKeyCommand, KMSClient } from "@aws-sdk/client-kms";
import { CreateQueueCommand, ReceiveMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import { STSClient } from "@aws-sdk/client-sts";
import { createDynamoStore, createDynamoTable, createKmsKeyring, createSqsQueue } from "@pergola/aws";
import { systemClock } from "@pergola/core";
import { openSession, type SessionClaims, sealSession } from "@pergola/iam";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { connection, dynamoClient, motoUrl, region, silent } from "../aws/moto.ts";
import { makeCertificate } from "../harness/certificates.ts";
import { openTokenIssuer } from "../security/token-issuer.ts";
import { assumeRole, presignIdentity, type RoleCredentials, startMotoSts } from "./moto-sts.ts";

const audience = "network-1";
const account = "123456789012";
const signal = AbortSignal.timeout(120_000);
const entry = new URL("../../packages/lambda/src/credential-exchange.ts", import.meta.url).href;

interface Result {
  readonly statusCode: number;
  readonly body: string;
}

/** Runs the entry on events one after the other, in a process of its own. */
async function runEntry(env: Readonly<Record<string, string>>, events: readonly object[]): Promise<readonly Result[]> {
  const code = `const { handler } = await import(${JSON.stringify(entry)});
    const results = [];
    for (const event of ${JSON.stringify(events)}) results.push(await handler(event, { getRemainingTimeInMillis: () => 20_000 }));
    process.stderr.write(JSON.stringify(results));`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", code], {
    env: { PATH: process.env.PATH ?? "", AWS_ACCESS_KEY_ID: "AKIDEXAMPLE", AWS_SECRET_ACCESS_KEY: "secret", ...env },
  });
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
  try {
    return JSON.parse(stderr) as readonly Result[];
  } catch {
    throw new Error(`the entry failed: ${stderr}${stdout}`);
  }
}

function eventOf(proof: string | { readonly webIdentityToken: string }, base64 = false): object {
  const body = JSON.stringify({ ...(typeof proof === "string" ? { url: proof } : proof), durationSeconds: 900 });
  return {
    version: "2.0",
    rawPath: "/",
    rawQueryString: "",
    headers: { "content-type": "application/json" },
    body: base64 ? Buffer.from(body).toString("base64") : body,
    isBase64Encoded: base64,
    requestContext: { http: { method: "POST", protocol: "HTTP/1.1", sourceIp: "203.0.113.9" } },
  };
}

const claims: SessionClaims = {
  accessKeyId: "ASIAPERGOLAEXAMPLE01",
  secretAccessKey: "secret",
  expiresAt: "2099-01-01T00:00:00Z",
  issuer: `arn:aws:iam::${account}:role/web`,
  principal: {
    kind: "aws",
    type: "AssumedRole",
    arn: `arn:aws:sts::${account}:assumed-role/web/me`,
    account,
    roleArn: `arn:aws:iam::${account}:role/web`,
    sessionName: "me",
    tags: {},
  },
};

describe.skipIf(motoUrl === undefined)("the credential exchange on AWS", () => {
  let env: Record<string, string>;
  let session: RoleCredentials;
  let endpoint: Awaited<ReturnType<typeof startMotoSts>>;

  beforeAll(async () => {
    endpoint = await startMotoSts(motoUrl ?? "");
    const dynamo = dynamoClient();
    const table = `table-${randomUUID()}`;
    await createDynamoTable(dynamo, table);
    dynamo.destroy();
    const kms = new KMSClient(connection());
    const { KeyMetadata } = await kms.send(new CreateKeyCommand({}));
    kms.destroy();
    const sts = new STSClient(connection());
    session = await assumeRole(sts, `arn:aws:iam::${account}:role/web`);
    sts.destroy();
    env = {
      PERGOLA_TABLE: table,
      PERGOLA_REGION: region,
      PERGOLA_AWS_ENDPOINT: motoUrl ?? "",
      PERGOLA_KMS_KEY_ID: KeyMetadata?.KeyId ?? "",
      PERGOLA_EXCHANGE_AUDIENCE: audience,
      PERGOLA_EXCHANGE_ACCOUNTS: `${account}/o-a1b2c3d4e5`,
      PERGOLA_EXCHANGE_STS_ENDPOINTS: endpoint.origin,
    };
  });
  afterAll(() => endpoint[Symbol.asyncDispose]());

  /** As another function has it that only reads. */
  async function openToken(token: string): Promise<SessionClaims | undefined> {
    const store = createDynamoStore({ client: connection(), table: env.PERGOLA_TABLE ?? "", logger: silent });
    const keyring = createKmsKeyring({
      kms: connection(),
      keyId: env.PERGOLA_KMS_KEY_ID ?? "",
      store,
      clock: systemClock,
      logger: silent,
    });
    try {
      return openSession(await keyring.load(signal), token);
    } finally {
      await keyring.close();
      await store.close();
    }
  }

  const presign = (expiresIn: number): Promise<string> =>
    presignIdentity(endpoint.origin, { credentials: session, region, audience, expiresIn });

  it("gives a session that another function opens, once for each proof, through cold starts", async () => {
    const proofs = [await presign(300), await presign(301)] as const;

    const first = await runEntry(env, [eventOf(proofs[0]), eventOf(proofs[0])]);
    const second = await runEntry(env, [eventOf(proofs[0]), eventOf(proofs[1], true)]);

    expect([...first, ...second].map(({ statusCode }) => statusCode)).toEqual([200, 403, 403, 200]);
    for (const { body } of [first[0], second[1]] as Result[]) {
      const claims = await openToken(JSON.parse(body).SessionToken);
      expect(claims?.principal).toMatchObject({
        arn: `arn:aws:sts::${account}:assumed-role/web/me`,
        roleArn: `arn:aws:iam::${account}:role/web`,
        orgId: "o-a1b2c3d4e5",
      });
      expect(claims?.accessKeyId).toBe(JSON.parse(body).AccessKeyId);
    }
  });

  it("takes tokens of an issuer whose keys come over HTTPS from whom the certificate names, each once", async () => {
    const authority = await makeCertificate([]);
    const { privateKey: key, certificate: cert } = await makeCertificate(["localhost"], { issuer: authority });
    await using issuer = await openTokenIssuer(audience, "RS256", { key, cert });
    const directory = mkdtempSync(join(tmpdir(), "pergola-issuer-"));
    const roleArn = `arn:aws:iam::${account}:role/ci`;
    const mappings = [{ issuer: issuer.url, audience, subjects: ["job-*"], roleArn }];
    const withTokens = { ...env, PERGOLA_EXCHANGE_WEB_IDENTITY: JSON.stringify(mappings) };
    try {
      const authorities = join(directory, "authority.pem");
      writeFileSync(authorities, authority.certificate);
      const trusting = { ...withTokens, NODE_EXTRA_CA_CERTS: authorities };
      const good = eventOf({ webIdentityToken: issuer.token({ claims: { jti: "1" } }) });
      const foreign = eventOf({ webIdentityToken: issuer.tokenByStranger() });

      const unknown = await runEntry(withTokens, [good]);
      const first = await runEntry(trusting, [foreign, good, good]);
      const second = await runEntry(trusting, [good]);

      expect(unknown.map(({ statusCode }) => statusCode)).toEqual([503]);
      expect([...first, ...second].map(({ statusCode }) => statusCode)).toEqual([403, 200, 403, 403]);
      expect(issuer.keyFetches).toBe(2);
      const session = await openToken(JSON.parse(first[1]?.body ?? "").SessionToken);
      expect(session?.principal).toMatchObject({
        arn: `arn:aws:sts::${account}:assumed-role/ci/job-7`,
        roleArn,
        orgId: "o-a1b2c3d4e5",
      });
    } finally {
      rmSync(directory, { recursive: true });
    }
  });

  it("goes on through the daily rotation, and ends all sessions when the keys are deleted", async () => {
    const store = createDynamoStore({ client: connection(), table: env.PERGOLA_TABLE ?? "", logger: silent });
    const begin = Date.now();
    let time = begin;
    const clock = { now: () => new Date(time) };
    const of = { kms: connection(), keyId: env.PERGOLA_KMS_KEY_ID ?? "", store, clock, logger: silent };
    const issuer = createKmsKeyring({ ...of, writer: store, name: "rotated" });
    const router = createKmsKeyring({ ...of, name: "rotated" });
    const seal = async (): Promise<string> => sealSession(await issuer.load(signal), claims);
    const opens = async (token: string): Promise<boolean> =>
      openSession(await router.load(signal).catch(() => ({ keys: [] })), token) !== undefined;

    const tokens = [await seal()];
    const hour = 3_600_000;
    for (time += hour; time < begin + 80 * hour; time += hour) {
      tokens.push(await seal());
      // The longest session lives twelve hours.
      for (const token of tokens.slice(-13)) expect(await opens(token)).toBe(true);
    }
    const sealedWith = new Set(tokens.map((token) => Buffer.from(token, "base64url").toString("hex", 1, 5)));
    expect(sealedWith.size).toBe(4);
    expect(await opens(tokens[0] ?? "")).toBe(false);
    const item = JSON.stringify(await store.get({ owner: "keyrings", id: "rotated" }));
    for (const { key } of (await router.load(signal)).keys) expect(item).not.toContain(key.toString("base64"));

    // As docs/identity.md says it.
    const dynamo = dynamoClient();
    const Key = { pk: { S: "keyrings" }, sk: { S: "rotated" } };
    await dynamo.send(new DeleteItemCommand({ TableName: env.PERGOLA_TABLE, Key }));
    dynamo.destroy();
    time += 60_000;
    expect(await opens(tokens.at(-1) ?? "")).toBe(false);
    expect(await opens(await seal())).toBe(true);
    await Promise.all([issuer.close(), router.close(), store.close()]);
  }, 120_000);

  it("does not start with settings that are not usable, and names them", async () => {
    const wrong = {
      ...env,
      PERGOLA_EXCHANGE_AUDIENCE: "",
      PERGOLA_EXCHANGE_STS_ENDPOINTS: "http://sts.example",
      PERGOLA_KMS_KEY_ID: "",
      PERGOLA_EXCHANGE_WEB_IDENTITY: "[{}]",
    };
    const failure = runEntry(wrong, []);
    await expect(failure).rejects.toThrow(
      /PERGOLA_EXCHANGE_STS_ENDPOINTS.*PERGOLA_KMS_KEY_ID.*PERGOLA_EXCHANGE_AUDIENCE.*PERGOLA_EXCHANGE_WEB_IDENTITY\[0\]\.issuer/s,
    );
  });

  it("has a record queue beside it that holds what it is sent", async () => {
    const sqs = new SQSClient(connection());
    const { QueueUrl = "" } = await sqs.send(new CreateQueueCommand({ QueueName: `records-${randomUUID()}` }));
    const queue = createSqsQueue(connection(), QueueUrl);
    const bodies = Array.from({ length: 25 }, (_, i) => JSON.stringify({ i, text: "ü\u{1f33f}" }));

    await queue.send(bodies, signal);
    await expect(createSqsQueue(connection(), `${QueueUrl}-none`).send(["a"], signal)).rejects.toThrow();

    const found: (string | undefined)[] = [];
    for (let round = 0; round < 10 && found.length < bodies.length; round += 1) {
      const { Messages = [] } = await sqs.send(new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10 }));
      found.push(...Messages.map(({ Body }) => Body));
    }
    expect(found.toSorted()).toEqual(bodies.toSorted());
    await queue.close();
    sqs.destroy();
  });
});
