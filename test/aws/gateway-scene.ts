import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { text } from "node:stream/consumers";
import { CreateKeyCommand, KMSClient } from "@aws-sdk/client-kms";
import { CreateQueueCommand, DeleteMessageBatchCommand, ReceiveMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import { decodeRecordMessage, type RecordMessage } from "@pergola/access-logs";
import { createDynamoStore, createDynamoTable, createKmsKeyring } from "@pergola/aws";
import { createCertificateKeys } from "@pergola/control-plane";
import { type ConfigStore, systemClock } from "@pergola/core";
import { type Keyring, sealSession } from "@pergola/iam";
import { mainFile } from "../cli/run-pergola.ts";
import { type ControlPlaneHarness, startControlPlane } from "../harness/control-plane.ts";
import { sceneAccount, sceneVpcId } from "../harness/scene.ts";
import { type FaultProxy, startFaultProxy } from "./fault-proxy.ts";
import { connection, credentials, dynamoClient, region, silent } from "./moto.ts";

/** A deployment on moto: table, KMS key and record queue, with a control plane that writes the table. */
export interface Deployment extends AsyncDisposable {
  readonly store: ConfigStore;
  readonly plane: ControlPlaneHarness;
  /** Stands between gateways and moto. */
  readonly aws: FaultProxy;
  /** As the credential exchange has it. */
  readonly sessions: Keyring;
  /** What a gateway has to be told. */
  readonly env: Readonly<Record<string, string>>;
  /** Takes the messages that are in the queue now, until there are `count` or nothing more comes. */
  receive(count: number): Promise<readonly RecordMessage[]>;
}

export async function openDeployment(motoUrl: string): Promise<Deployment> {
  const table = `gateway-${randomUUID()}`;
  const dynamo = dynamoClient();
  await createDynamoTable(dynamo, table);
  dynamo.destroy();
  const kms = new KMSClient(connection());
  const { KeyMetadata } = await kms.send(new CreateKeyCommand({}));
  kms.destroy();
  const sqs = new SQSClient(connection());
  const { QueueUrl = "" } = await sqs.send(new CreateQueueCommand({ QueueName: `records-${randomUUID()}` }));
  const store = createDynamoStore({ client: connection(), table, logger: silent });
  const ring = {
    kms: connection(),
    keyId: KeyMetadata?.KeyId ?? "",
    store,
    writer: store,
    clock: systemClock,
    logger: silent,
  };
  const sessionRing = createKmsKeyring(ring);
  const certificateRing = createKmsKeyring({ ...ring, name: "certificates" });
  const inTime = (): AbortSignal => AbortSignal.timeout(30_000);
  const sessions = await sessionRing.load(inTime());
  const plane = await startControlPlane({
    store,
    certificates: createCertificateKeys(await certificateRing.load(inTime())),
    settings: { domain: "mesh.example.com" },
  });
  const aws = await startFaultProxy(motoUrl);
  return {
    store,
    plane,
    aws,
    sessions,
    env: {
      AWS_ACCESS_KEY_ID: credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
      AWS_REGION: region,
      PERGOLA_TABLE: table,
      PERGOLA_AWS_ENDPOINT: aws.url,
      PERGOLA_KMS_KEY_ID: KeyMetadata?.KeyId ?? "",
      PERGOLA_RECORD_QUEUE_URL: QueueUrl,
      PERGOLA_LISTENERS: "80=0,443=0",
      PERGOLA_HEALTH_PORT: "0",
      PERGOLA_HOST: "127.0.0.1",
      PERGOLA_SOURCE_VPC: `${sceneVpcId}/${sceneAccount}`,
      PERGOLA_POLL_MS: "200",
    },
    async receive(count) {
      const found: RecordMessage[] = [];
      for (let quiet = 0; found.length < count && quiet < 10; quiet += 1) {
        const { Messages = [] } = await sqs.send(new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10 }));
        if (Messages.length === 0) {
          await new Promise((resolve) => setTimeout(resolve, 100));
          continue;
        }
        quiet = 0;
        for (const { Body = "" } of Messages) found.push(decodeRecordMessage(Body) ?? notARecord(Body));
        const Entries = Messages.map(({ ReceiptHandle }, i) => ({ Id: String(i), ReceiptHandle: ReceiptHandle ?? "" }));
        await sqs.send(new DeleteMessageBatchCommand({ QueueUrl, Entries }));
      }
      return found;
    },
    async [Symbol.asyncDispose]() {
      await plane[Symbol.asyncDispose]();
      await Promise.all([sessionRing.close(), certificateRing.close(), store.close(), aws.close()]);
      sqs.destroy();
    },
  };
}

function notARecord(body: string): never {
  throw new Error(`a message is no access record: ${body}`);
}

/** A session of a role, sealed as the exchange does. */
export function sessionOf(keyring: Keyring, role: string) {
  const key = { accessKeyId: "ASIAPERGOLAEXAMPLE01", secretAccessKey: "secret" };
  const roleArn = `arn:aws:iam::${sceneAccount}:role/${role}`;
  const principal = {
    kind: "aws",
    type: "AssumedRole",
    arn: `arn:aws:sts::${sceneAccount}:assumed-role/${role}/one`,
    account: sceneAccount,
    roleArn,
    sessionName: "one",
    tags: {},
  } as const;
  const expiresAt = new Date(Date.now() + 600_000).toISOString();
  return { ...key, sessionToken: sealSession(keyring, { ...key, expiresAt, issuer: roleArn, principal }) };
}

/** `pergola gateway` in a process of its own. */
export interface GatewayProcess extends AsyncDisposable {
  readonly httpPort: number;
  readonly httpsPort: number;
  readonly healthUrl: string;
  /** Lines of the standard output so far. */
  readonly lines: readonly string[];
  /** Asks for an orderly end. @returns the exit code */
  end(): Promise<number | null>;
}

/** @throws Error with what it wrote when it ended before it was ready */
export async function startGatewayProcess(env: Readonly<Record<string, string>>): Promise<GatewayProcess> {
  const child = spawn(process.execPath, [mainFile, "gateway"], { env: { PATH: process.env.PATH ?? "", ...env } });
  const lines: string[] = [];
  const exited = once(child, "exit") as Promise<[number | null]>;
  const closed = once(child, "close");
  const stderr = text(child.stderr);
  const ready = Promise.withResolvers<void>();
  createInterface({ input: child.stdout }).on("line", (line) => {
    lines.push(line);
    if (line.includes('"the gateway is ready"')) ready.resolve();
  });
  await Promise.race([
    ready.promise,
    exited.then(async () => Promise.reject(new Error(`the gateway did not start: ${await stderr}${lines.join("\n")}`))),
  ]);
  const entries = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  const portOf = (listenerPort: number): number =>
    Number(entries.find((entry) => entry.listenerPort === listenerPort)?.port);
  const healthPort = entries.find((entry) => entry.healthPort !== undefined)?.healthPort;
  const end = async (): Promise<number | null> => {
    child.kill("SIGTERM");
    const [code] = await exited;
    await closed;
    return code;
  };
  return {
    httpPort: portOf(80),
    httpsPort: portOf(443),
    healthUrl: `http://127.0.0.1:${healthPort}`,
    lines,
    end,
    async [Symbol.asyncDispose]() {
      if (child.exitCode === null) child.kill("SIGKILL");
      await closed;
    },
  };
}
