import { CloudWatchLogsClient, CreateLogGroupCommand } from "@aws-sdk/client-cloudwatch-logs";
import { EC2Client } from "@aws-sdk/client-ec2";
import { FirehoseClient } from "@aws-sdk/client-firehose";
import { CreateKeyCommand, KMSClient } from "@aws-sdk/client-kms";
import { S3Client } from "@aws-sdk/client-s3";
import { CreateQueueCommand, SQSClient } from "@aws-sdk/client-sqs";
import { createDynamoStore, createDynamoTable, createKmsKeyring } from "@pergola/aws";
import { systemClock } from "@pergola/core";
import type { Keyring } from "@pergola/iam";
import { onTestFinished } from "vitest";
import { connection, dynamoClient, region, silent } from "../aws/moto.ts";
import { type AwsEndpoint, type AwsEndpointOptions, startAwsEndpoint } from "./aws-endpoint.ts";
import { createBucket, createDeliveryStream, runInstance } from "./aws-resources.ts";

export const account = "123456789012";

/** The resources of a deployment, in moto, as the stacks make them; what its users bring along; and clients to look at them with. */
export interface Deployment {
  readonly aws: AwsEndpoint;
  readonly table: string;
  /** As a function's `PERGOLA_RECORD_QUEUE_URL`. */
  readonly queueUrl: string;
  /** Seals sessions as the credential exchange does. */
  readonly keyring: Keyring;
  /** What every entry gets. */
  readonly env: Readonly<Record<string, string>>;
  /** An instance whose private address is 127.0.0.1. */
  readonly instanceId: string;
  readonly firehose: { readonly arn: string; readonly bucket: string };
  readonly clients: { readonly sqs: SQSClient; readonly s3: S3Client; readonly logs: CloudWatchLogsClient };
}

export interface DeploymentOptions extends AwsEndpointOptions {
  /** Of everything whose name is not given. */
  readonly name: string;
  readonly logGroup: string;
  readonly logBucket: string;
}

/** Makes everything that a deployment needs of AWS, on a moto that knows nothing else: not what an earlier try has made. Ends with the test. */
export async function openDeployment(options: DeploymentOptions): Promise<Deployment> {
  const { name, logGroup, logBucket, queue } = options;
  const { ok } = await fetch(`${options.motoUrl}/moto-api/reset`, { method: "POST" });
  if (!ok) throw new Error("moto does not forget");
  const aws = await startAwsEndpoint(options);
  onTestFinished(() => aws.close());
  const sqs = new SQSClient(connection());
  const s3 = new S3Client({ ...connection(), forcePathStyle: true });
  const logs = new CloudWatchLogsClient(connection());
  onTestFinished(() => {
    for (const client of [sqs, s3, logs]) client.destroy();
  });
  const table = `pergola-${name}`;
  const dynamo = dynamoClient();
  await createDynamoTable(dynamo, table);
  dynamo.destroy();
  const path = queue === undefined ? await createQueue(sqs) : "/queue";
  const queueUrl = `${aws.url}${path}`;
  await logs.send(new CreateLogGroupCommand({ logGroupName: logGroup }));
  const firehose = await makeDestinations(s3, logBucket);
  const { keyId, keyring } = await makeKeyring(table);
  const env = {
    PERGOLA_TABLE: table,
    PERGOLA_ACCOUNT_ID: account,
    PERGOLA_AWS_ENDPOINT: aws.url,
    PERGOLA_RECORD_QUEUE_URL: queueUrl,
    PERGOLA_KMS_KEY_ID: keyId,
  };
  const ec2 = new EC2Client(connection());
  const instanceId = await runInstance(ec2);
  ec2.destroy();
  return { aws, table, queueUrl, keyring, env, instanceId, firehose, clients: { sqs, s3, logs } };
}

/** Puts the keys of sessions into the table, wrapped by KMS, as the first credential exchange does. */
async function makeKeyring(table: string): Promise<{ readonly keyId: string; readonly keyring: Keyring }> {
  const kms = new KMSClient(connection());
  const { KeyMetadata } = await kms.send(new CreateKeyCommand({}));
  kms.destroy();
  const keyId = KeyMetadata?.KeyId ?? "";
  const store = createDynamoStore({ client: connection(), table, logger: silent });
  const made = createKmsKeyring({ kms: connection(), keyId, store, writer: store, clock: systemClock, logger: silent });
  const keyring = await made.load(AbortSignal.timeout(10_000));
  await made.close();
  await store.close();
  return { keyId, keyring };
}

/** @returns the path of its URL */
async function createQueue(sqs: SQSClient): Promise<string> {
  const Attributes = { VisibilityTimeout: "360" };
  const { QueueUrl = "" } = await sqs.send(new CreateQueueCommand({ QueueName: "access-records", Attributes }));
  return new URL(QueueUrl).pathname;
}

async function makeDestinations(s3: S3Client, logBucket: string): Promise<Deployment["firehose"]> {
  const bucket = `${logBucket}-firehose`;
  for (const name of [logBucket, bucket]) await createBucket(s3, name, region);
  const client = new FirehoseClient(connection());
  const arn = await createDeliveryStream(client, { name: bucket, bucket, account });
  client.destroy();
  return { arn, bucket };
}
