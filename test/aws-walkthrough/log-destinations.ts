import { gunzipSync } from "node:zlib";
import { type CloudWatchLogsClient, paginateFilterLogEvents } from "@aws-sdk/client-cloudwatch-logs";
import { GetObjectCommand, paginateListObjectsV2, type S3Client } from "@aws-sdk/client-s3";
import type { LogEntry } from "../walkthrough/access-log-files.ts";

/** @returns every entry of a log group */
export async function readLogGroup(client: CloudWatchLogsClient, logGroupName: string): Promise<LogEntry[]> {
  const entries: LogEntry[] = [];
  for await (const { events = [] } of paginateFilterLogEvents({ client }, { logGroupName })) {
    for (const { message = "" } of events) entries.push(JSON.parse(message) as LogEntry);
  }
  return entries;
}

/** @returns every entry of the access log objects in a bucket, VPC Lattice's (gzip) or Firehose's (plain) */
export async function readBucket(client: S3Client, Bucket: string): Promise<LogEntry[]> {
  const entries: LogEntry[] = [];
  for await (const { Contents = [] } of paginateListObjectsV2({ client }, { Bucket })) {
    for (const { Key } of Contents) {
      const { Body } = await client.send(new GetObjectCommand({ Bucket, Key }));
      const bytes = Buffer.from((await Body?.transformToByteArray()) ?? []);
      const text = (Key?.endsWith(".gz") ? gunzipSync(bytes) : bytes).toString();
      for (const line of text.split("\n")) if (line !== "") entries.push(JSON.parse(line) as LogEntry);
    }
  }
  return entries;
}
