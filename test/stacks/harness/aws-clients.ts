import { CloudWatchLogsClient } from "@aws-sdk/client-cloudwatch-logs";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { EC2Client } from "@aws-sdk/client-ec2";
import { FirehoseClient } from "@aws-sdk/client-firehose";
import { KMSClient } from "@aws-sdk/client-kms";
import { S3Client } from "@aws-sdk/client-s3";
import { SQSClient } from "@aws-sdk/client-sqs";
import { STSClient } from "@aws-sdk/client-sts";
import { region } from "./account.ts";

/** AWS's own clients, for the tests themselves. */
export type AwsClients = ReturnType<typeof openAwsClients>;

/** @param endpoint base URL of what answers in AWS's place */
export function openAwsClients(endpoint: string) {
  const options = { region, endpoint, credentials: { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "secret" } };
  const clients = {
    dynamo: new DynamoDBClient(options),
    ec2: new EC2Client(options),
    firehose: new FirehoseClient(options),
    kms: new KMSClient(options),
    logs: new CloudWatchLogsClient(options),
    s3: new S3Client({ ...options, forcePathStyle: true }),
    sqs: new SQSClient(options),
    sts: new STSClient(options),
  };
  const destroy = (): void => {
    for (const client of Object.values(clients)) client.destroy();
  };
  return { ...clients, destroy };
}
