import type { LogDestinationKind, Logger, LogSink } from "@pergola/core";
import { type AwsConnection, clientSettings, lazy, regional } from "../aws-connection.ts";
import { cloudwatchSink } from "./cloudwatch-sink.ts";
import { firehoseSink } from "./firehose-sink.ts";
import { s3Sink } from "./s3-sink.ts";

/** Tries of one request; whoever delivers tries the batch again later. A request of 4 MB takes a while on a thin line. */
const limits = { requestMs: 20_000, maxAttempts: 3 };

export interface AwsSinks extends Record<LogDestinationKind, LogSink> {
  /** Closes the connections. */
  close(): Promise<void>;
}

/**
 * The log destinations on AWS. Each client is made at its first delivery, for the region of the destination's ARN; buckets have no
 * region in theirs and are followed to where they are.
 */
export function createAwsSinks(connection: AwsConnection, logger: Pick<Logger, "warn">): AwsSinks {
  const s3 = lazy(async () => {
    const { S3Client } = await import("@aws-sdk/client-s3");
    // Servers other than AWS's have no names for buckets.
    const forcePathStyle = connection.endpoint !== undefined;
    return new S3Client({ ...clientSettings(connection, limits), forcePathStyle, followRegionRedirects: true });
  });
  const firehose = regional(async (region) => {
    const { FirehoseClient } = await import("@aws-sdk/client-firehose");
    return new FirehoseClient(clientSettings({ ...connection, region }, limits));
  });
  const cloudwatch = regional(async (region) => {
    const { CloudWatchLogsClient } = await import("@aws-sdk/client-cloudwatch-logs");
    return new CloudWatchLogsClient(clientSettings({ ...connection, region }, limits));
  });
  return {
    s3: s3Sink(s3.get),
    firehose: firehoseSink(firehose.in),
    cloudwatch: cloudwatchSink(cloudwatch.in, logger),
    async close() {
      await Promise.all([s3.destroy(), firehose.destroy(), cloudwatch.destroy()]);
    },
  };
}
