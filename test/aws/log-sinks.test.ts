import { randomBytes } from "node:crypto";
import { gunzipSync } from "node:zlib";
import {
  CloudWatchLogsClient,
  CreateLogGroupCommand,
  DescribeLogStreamsCommand,
  GetLogEventsCommand,
} from "@aws-sdk/client-cloudwatch-logs";
import { CreateDeliveryStreamCommand, FirehoseClient } from "@aws-sdk/client-firehose";
import { CreateBucketCommand, GetObjectCommand, ListObjectsV2Command, S3Client } from "@aws-sdk/client-s3";
import { type AwsSinks, createAwsSinks, DestinationError } from "@pergola/aws";
import { accessLogObject, type LogBatch, type LogDestinationKind } from "@pergola/core";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { errorFault, type FaultProxy, startFaultProxy } from "./fault-proxy.ts";
import { connection, motoUrl } from "./moto.ts";

const never = new AbortController().signal;
const account = "123456789012";

function batchOf(destinationKind: LogDestinationKind, destinationArn: string, lines: readonly string[]): LogBatch {
  const destination = {
    id: "als-1",
    destinationKind,
    destinationArn,
    resourceId: "svc-1",
    account,
    region: "us-west-2",
  };
  const bytes = Buffer.from(lines.map((line) => `${line}\n`).join(""));
  return { destination, lines: bytes, count: lines.length, time: new Date(), batchId: randomBytes(16).toString("hex") };
}
const line = (i: number, startTime = new Date(Date.now() - 60_000 + i).toISOString(), pad = ""): string =>
  JSON.stringify({ startTime, requestPath: `/${i}`, pad });

describe.skipIf(motoUrl === undefined)("the access log destinations on AWS", () => {
  let proxy: FaultProxy;
  let sinks: AwsSinks;
  let name: string;
  const warnings: unknown[] = [];
  beforeEach(async () => {
    proxy = await startFaultProxy(motoUrl ?? "");
    warnings.length = 0;
    sinks = createAwsSinks(connection(proxy.url), { warn: (...all) => void warnings.push(all) });
    name = `logs-${randomBytes(6).toString("hex")}`;
  });
  afterEach(async () => {
    await sinks.close();
    await proxy.close();
  });

  describe("S3", () => {
    const s3 = new S3Client({ ...connection(), forcePathStyle: true });
    const arn = () => `arn:aws:s3:::${name}/some/prefix`;
    const create = () =>
      s3.send(
        new CreateBucketCommand({ Bucket: name, CreateBucketConfiguration: { LocationConstraint: "us-west-2" } }),
      );
    const keys = async () => {
      const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket: name }));
      return Contents.map((object) => object.Key);
    };

    it("gets one gzip object with VPC Lattice's key for a batch", async () => {
      await create();
      const batch = batchOf("s3", arn(), [line(1), line(2)]);

      await sinks.s3.deliver(batch, never);

      const { bucket, key } = accessLogObject(batch);
      expect(await keys()).toEqual([key]);
      const object = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
      const bytes = (await object.Body?.transformToByteArray()) ?? new Uint8Array();
      expect(gunzipSync(bytes)).toEqual(batch.lines);
      expect(object.ContentEncoding).toBeFalsy();
    });

    it("holds a batch once that came again after its answer was lost", async () => {
      await create();
      const batch = batchOf("s3", arn(), [line(1)]);
      proxy.faults = ({ operation, count }) => (operation === "PUT" && count <= 3 ? { kind: "lost" } : undefined);

      await expect(sinks.s3.deliver(batch, never)).rejects.toThrow(DestinationError);
      await sinks.s3.deliver(batch, never);

      expect(await keys()).toHaveLength(1);
    });

    it("that is missing is named with what to do", async () => {
      await expect(sinks.s3.deliver(batchOf("s3", arn(), [line(1)]), never)).rejects.toThrow(
        `the bucket of the access log destination \`${arn()}\` does not exist: create it or change the subscription`,
      );
    });

    it("stops at the caller's signal", async () => {
      await create();
      proxy.faults = () => ({ kind: "slow", ms: 10_000 });
      const signal = AbortSignal.timeout(200);

      const error = await sinks.s3.deliver(batchOf("s3", arn(), [line(1)]), signal).catch((thrown: unknown) => thrown);

      expect(error).toBe(signal.reason);
      expect(error).toMatchObject({ name: "TimeoutError" });
    });
  });

  describe("Firehose", () => {
    const arn = () => `arn:aws:firehose:us-west-2:${account}:deliverystream/${name}`;
    const firehose = new FirehoseClient(connection());
    const create = () =>
      firehose.send(
        new CreateDeliveryStreamCommand({
          DeliveryStreamName: name,
          ExtendedS3DestinationConfiguration: {
            RoleARN: `arn:aws:iam::${account}:role/firehose`,
            BucketARN: `arn:aws:s3:::${name}`,
          },
        }),
      );
    /** What requests that got through held, by request: moto keeps it in S3 in objects without an order. */
    const sent = () =>
      proxy.calls
        .filter((call) => call.operation === "PutRecordBatch")
        .map((call) => {
          const { Records } = JSON.parse(call.body.toString()) as { Records: { Data: string }[] };
          return Records.map((record) => Buffer.from(record.Data, "base64").toString());
        });
    beforeEach(async () => {
      const s3 = new S3Client({ ...connection(), forcePathStyle: true });
      await s3.send(
        new CreateBucketCommand({ Bucket: name, CreateBucketConfiguration: { LocationConstraint: "us-west-2" } }),
      );
      s3.destroy();
      await create();
    });

    it("gets one record a line, with its newline, at most 500 in a request", async () => {
      const lines = Array.from({ length: 1_201 }, (_, i) => line(i));

      await sinks.firehose.deliver(batchOf("firehose", arn(), lines), never);

      expect(sent().map((records) => records.length)).toEqual([500, 500, 201]);
      expect(sent().flat()).toEqual(lines.map((one) => `${one}\n`));
    });

    it("gets at most 4 MiB in a request", async () => {
      const lines = Array.from({ length: 12 }, (_, i) => line(i, undefined, "x".repeat(700_000)));

      await sinks.firehose.deliver(batchOf("firehose", arn(), lines), never);

      expect(sent().map((records) => records.length)).toEqual([5, 5, 2]);
    });

    it("gets again only the records that it refused, also when the whole batch comes again", async () => {
      const lines = Array.from({ length: 10 }, (_, i) => line(i));
      const batch = batchOf("firehose", arn(), lines);
      // Of each request the last record but one is refused, until the sixth.
      proxy.faults = ({ operation, count, body }) => {
        if (operation !== "PutRecordBatch" || count > 5) return undefined;
        const { Records } = JSON.parse(body.toString()) as { Records: unknown[] };
        const refused = Math.max(0, Records.length - 2);
        const RequestResponses = Records.map((_, i) =>
          i === refused
            ? { ErrorCode: "ServiceUnavailableException", ErrorMessage: "slow down" }
            : { RecordId: `${i}` },
        );
        return { kind: "answer", status: 200, body: { FailedPutCount: 1, RequestResponses } };
      };

      await expect(sinks.firehose.deliver(batch, never)).rejects.toThrow("1 of 10 records were refused 5 times");
      await sinks.firehose.deliver(batch, never);

      expect(sent().map((records) => records.length)).toEqual([10, 1, 1, 1, 1, 1]);
      expect(new Set(sent().slice(1).flat())).toEqual(new Set([`${lines[8]}\n`]));
    });

    it("goes on after the request that failed, when the batch comes again", async () => {
      const lines = Array.from({ length: 1_000 }, (_, i) => line(i));
      const batch = batchOf("firehose", arn(), lines);
      proxy.faults = ({ operation, count }) =>
        operation === "PutRecordBatch" && count === 2 ? errorFault(400, "InvalidKMSResourceException") : undefined;

      await expect(sinks.firehose.deliver(batch, never)).rejects.toThrow(DestinationError);
      await sinks.firehose.deliver(batch, never);

      expect(sent().map((records) => records[0])).toEqual([`${lines[0]}\n`, `${lines[500]}\n`, `${lines[500]}\n`]);
    });

    it("that is missing is named with what to do", async () => {
      const other = `${arn()}-other`;

      await expect(sinks.firehose.deliver(batchOf("firehose", other, [line(1)]), never)).rejects.toThrow(
        `the stream of the access log destination \`${other}\` does not exist`,
      );
    });
  });

  describe("CloudWatch Logs", () => {
    const logs = new CloudWatchLogsClient(connection());
    const arn = () => `arn:aws:logs:us-west-2:${account}:log-group:/pergola/${name}:*`;
    const logGroupName = () => `/pergola/${name}`;
    const create = () => logs.send(new CreateLogGroupCommand({ logGroupName: logGroupName() }));
    const streams = async () => {
      const { logStreams = [] } = await logs.send(new DescribeLogStreamsCommand({ logGroupName: logGroupName() }));
      return logStreams.map((stream) => stream.logStreamName ?? "");
    };
    const events = async () => {
      const logStreamName = (await streams())[0];
      const { events: found = [] } = await logs.send(
        new GetLogEventsCommand({ logGroupName: logGroupName(), logStreamName, startFromHead: true }),
      );
      return found;
    };
    const requests = () =>
      proxy.calls
        .filter((call) => call.operation === "PutLogEvents")
        .map((call) => JSON.parse(call.body.toString()) as { logEvents: { timestamp: number; message: string }[] });

    it("get an event a line, at the time of its request and in that order, in a stream that is made", async () => {
      await create();
      const lines = [line(5), line(1), line(3)];

      await sinks.cloudwatch.deliver(batchOf("cloudwatch", arn(), lines), never);

      expect(await streams()).toEqual(["VpcLatticeAccessLogs_us-west-2_svc-1"]);
      expect((await events()).map((event) => event.message)).toEqual([lines[1], lines[2], lines[0]]);
      expect((await events())[0]?.timestamp).toBe(Date.parse(JSON.parse(lines[1] ?? "").startTime));
    });

    it("get at most 10,000 events, 1 MiB and 24 hours in a request", async () => {
      await create();
      const day = 24 * 3_600_000;
      const old = Array.from({ length: 3 }, (_, i) => line(i, new Date(Date.now() - day - 60_000 + i).toISOString()));
      const many = Array.from({ length: 10_500 }, (_, i) => line(i));
      const large = Array.from({ length: 3 }, (_, i) => line(i, new Date().toISOString(), "é".repeat(200_000)));

      await sinks.cloudwatch.deliver(batchOf("cloudwatch", arn(), [...many, ...large, ...old]), never);

      const got = requests().slice(1);
      expect(got.flatMap(({ logEvents }) => logEvents)).toHaveLength(10_506);
      for (const { logEvents } of got) {
        const bytes = logEvents.reduce((sum, event) => sum + Buffer.byteLength(event.message) + 26, 0);
        const span = (logEvents.at(-1)?.timestamp ?? 0) - (logEvents[0]?.timestamp ?? 0);
        expect(logEvents.length).toBeLessThanOrEqual(10_000);
        expect(bytes).toBeLessThanOrEqual(1_048_576);
        expect(span).toBeLessThan(day);
        expect(logEvents.map((event) => event.timestamp)).toEqual(
          logEvents.map((event) => event.timestamp).toSorted((a, b) => a - b),
        );
      }
    });

    it("take a line from the future, or without a time, at the time of the batch", async () => {
      await create();
      const batch = batchOf("cloudwatch", arn(), [
        line(1, "2999-01-01T00:00:00Z"),
        '{"no":"time"}',
        line(1, "yesterday"),
      ]);

      await sinks.cloudwatch.deliver(batch, never);

      expect((await events()).map((event) => event.timestamp)).toEqual(Array(3).fill(batch.time.getTime()));
    });

    it("go on after the request that failed, when the batch comes again", async () => {
      await create();
      const lines = Array.from({ length: 3 }, (_, i) => line(i, undefined, "x".repeat(600_000)));
      const batch = batchOf("cloudwatch", arn(), lines);
      // The first goes to create the stream, the second and third get through.
      proxy.faults = ({ operation, count }) =>
        operation === "PutLogEvents" && count === 4 ? errorFault(400, "InvalidParameterException") : undefined;

      await expect(sinks.cloudwatch.deliver(batch, never)).rejects.toThrow(DestinationError);
      await sinks.cloudwatch.deliver(batch, never);

      expect((await events()).map((event) => event.message?.slice(0, 80))).toEqual(
        lines.map((one) => one.slice(0, 80)),
      );
    });

    it("are told of when they drop lines", async () => {
      await create();
      proxy.faults = ({ operation }) =>
        operation === "PutLogEvents"
          ? { kind: "answer", status: 200, body: { rejectedLogEventsInfo: { tooOldLogEventEndIndex: 2 } } }
          : undefined;

      await sinks.cloudwatch.deliver(batchOf("cloudwatch", arn(), [line(1), line(2), line(3)]), never);

      expect(warnings).toEqual([[expect.stringContaining("dropped"), { destination: arn(), lost: 2 }]]);
    });

    it("without their group are named with what to do", async () => {
      await expect(sinks.cloudwatch.deliver(batchOf("cloudwatch", arn(), [line(1)]), never)).rejects.toThrow(
        `the log group of the access log destination \`${arn()}\` does not exist`,
      );
    });
  });
});
