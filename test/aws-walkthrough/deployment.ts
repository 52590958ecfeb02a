import { CloudWatchLogsClient, CreateLogGroupCommand } from "@aws-sdk/client-cloudwatch-logs";
import { CreateSubnetCommand, CreateVpcCommand, EC2Client, RunInstancesCommand } from "@aws-sdk/client-ec2";
import { CreateDeliveryStreamCommand, FirehoseClient } from "@aws-sdk/client-firehose";
import { CreateKeyCommand, KMSClient } from "@aws-sdk/client-kms";
import { CreateBucketCommand, S3Client } from "@aws-sdk/client-s3";
import { CreateQueueCommand, SQSClient } from "@aws-sdk/client-sqs";
import { createDynamoStore, createDynamoTable, createKmsKeyring } from "@pergola/aws";
import { systemClock } from "@pergola/core";
import type { Keyring } from "@pergola/iam";
import { onTestFinished } from "vitest";
import { connection, dynamoClient, region, silent } from "../aws/moto.ts";
import { type AwsEndpoint, type AwsEndpointOptions, startAwsEndpoint } from "./aws-endpoint.ts";

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

/** Makes everything that a deployment needs of AWS. Ends with the test. */
export async function openDeployment(options: DeploymentOptions): Promise<Deployment> {
  const { name, logGroup, logBucket, queue } = options;
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
  const instanceId = await runInstance();
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
  for (const Bucket of [logBucket, bucket]) {
    await s3.send(new CreateBucketCommand({ Bucket, CreateBucketConfiguration: { LocationConstraint: region } }));
  }
  const client = new FirehoseClient(connection());
  const { DeliveryStreamARN: arn = "" } = await client.send(
    new CreateDeliveryStreamCommand({
      DeliveryStreamName: bucket,
      ExtendedS3DestinationConfiguration: {
        RoleARN: `arn:aws:iam::${account}:role/firehose`,
        BucketARN: `arn:aws:s3:::${bucket}`,
      },
    }),
  );
  client.destroy();
  return { arn, bucket };
}

/** A VPC whose addresses are loopback's: what EC2 says of the instance is then where its program is. */
async function runInstance(): Promise<string> {
  const ec2 = new EC2Client(connection());
  const { Vpc } = await ec2.send(new CreateVpcCommand({ CidrBlock: "127.0.0.0/16" }));
  const { Subnet } = await ec2.send(new CreateSubnetCommand({ VpcId: Vpc?.VpcId, CidrBlock: "127.0.0.0/24" }));
  const { Instances = [] } = await ec2.send(
    new RunInstancesCommand({
      MinCount: 1,
      MaxCount: 1,
      ImageId: "ami-0abcdef1234567890",
      InstanceType: "t3.micro",
      SubnetId: Subnet?.SubnetId,
      PrivateIpAddress: "127.0.0.1",
    }),
  );
  ec2.destroy();
  const { InstanceId, PrivateIpAddress } = Instances[0] ?? {};
  if (InstanceId === undefined || PrivateIpAddress !== "127.0.0.1") throw new Error("no instance at 127.0.0.1");
  return InstanceId;
}
