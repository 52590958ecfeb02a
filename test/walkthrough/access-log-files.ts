import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { gunzipSync } from "node:zlib";

/** An entry of an access log, as far as the walkthrough looks at it. */
export interface LogEntry {
  readonly requestId: string;
  readonly requestPath: string;
  readonly protocol: string;
  readonly grpcResponseCode: number | string;
  readonly responseCode: number;
  readonly authDeniedReason: string;
  readonly failureReason: string;
  readonly sourceVpcId: string;
  readonly resolvedUser: string;
}

/** @returns what is in the local stand-in of a CloudWatch log group */
export function readLogGroup(dataDir: string, group: string): LogEntry[] {
  return globSync(join(dataDir, "logs/cloudwatch", group, "*.log")).flatMap((file) =>
    parse(readFileSync(file, "utf8")),
  );
}

/** @returns what is in the local stand-in of an S3 bucket */
export function readBucket(dataDir: string, bucket: string): LogEntry[] {
  const pattern = join(dataDir, "logs/s3", bucket, "AWSLogs/*/VpcLattice/AccessLogs/**/*.json.gz");
  return globSync(pattern).flatMap((file) => parse(gunzipSync(readFileSync(file)).toString("utf8")));
}

function parse(text: string): LogEntry[] {
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as LogEntry);
}

const deliveryMs = 60_000;

/** Reads until `count` entries are there, and once more to see that no more come. @returns what is there at the end */
export async function entriesWithin(read: () => LogEntry[] | Promise<LogEntry[]>, count: number): Promise<LogEntry[]> {
  const deadline = Date.now() + deliveryMs;
  for (;;) {
    const start = Date.now();
    if ((await read()).length >= count || start >= deadline) break;
    // Where reading takes long, it must not keep the log from being written.
    await sleep(200 + 2 * (Date.now() - start));
  }
  await sleep(500);
  return read();
}
