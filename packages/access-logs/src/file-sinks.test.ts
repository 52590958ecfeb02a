import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import type { LogBatch, LogSubscriptionSnapshot } from "@pergola/core";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { filesUnder } from "../test/delivered.ts";
import { cloudwatch, firehose, s3 } from "../test/sample-record.ts";
import { createFileSinks } from "./file-sinks.ts";

const signal = new AbortController().signal;
const batch = (destination: LogSubscriptionSnapshot, text: string, batchId: string): LogBatch => ({
  destination,
  lines: Buffer.from(text),
  count: text.split("\n").length - 1,
  batchId,
  time: new Date("2026-11-03T04:05:06.789Z"),
});

describe("log destinations as files", () => {
  let dir = "";
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), "pergola-sinks-"));
  });
  afterEach(() => rmSync(dir, { recursive: true }));
  const log = "cloudwatch/lattice/orders/VpcLatticeAccessLogs_us-west-2_svc-0123456789abcdef0.log";
  const deliver = async (one: LogBatch): Promise<void> =>
    createFileSinks({ dir })[one.destination.destinationKind].deliver(one, signal);

  it("lie where AWS puts them", async () => {
    await deliver(batch(cloudwatch, '{"a":1}\n', "b1"));
    await deliver(batch(s3, '{"a":1}\n{"a":2}\n', "b1"));
    await deliver(batch({ ...s3, destinationArn: "arn:aws:s3:::plain" }, '{"a":1}\n', "b1"));
    await deliver(batch(firehose, '{"a":1}\n', "b1"));

    const [log1, delivered, withPrefix, plain, ...others] = filesUnder(dir);
    const folder = "AWSLogs/123456789012/VpcLattice/AccessLogs/us-west-2/2026/11/03/svc-0123456789abcdef0";
    const name = "123456789012_VpcLatticeAccessLogs_us-west-2_svc-0123456789abcdef0_20261103T0405Z_";
    expect(log1).toBe(log);
    expect(delivered).toBe("firehose/orders/2026/11/03/04/orders-2026-11-03-04-05-06-b1.json");
    expect(withPrefix).toMatch(new RegExp(`^s3/access-logs/team/a/${folder}/${name}[0-9a-f]{16}\\.json\\.gz$`));
    expect(plain).toMatch(new RegExp(`^s3/plain/${folder}/${name}[0-9a-f]{16}\\.json\\.gz$`));
    expect(others).toEqual([]);
    expect(gunzipSync(readFileSync(join(dir, withPrefix ?? ""))).toString()).toBe('{"a":1}\n{"a":2}\n');
  });

  it("lie apart for connections to resources, where AWS puts those", async () => {
    const logType = "RESOURCE";
    await deliver(batch({ ...cloudwatch, logType }, "{}\n", "b1"));
    await deliver(batch({ ...s3, logType, destinationArn: "arn:aws:s3:::plain" }, "{}\n", "b1"));

    const [inGroup, inBucket] = filesUnder(dir);
    expect(inGroup).toMatch(/\/VpcLatticeResourceAccessLogs_us-west-2_svc-0123456789abcdef0\.log$/);
    const folder = "AWSLogs/123456789012/VpcLattice/ResourceAccessLogs/us-west-2/2026/11/03/svc-0123456789abcdef0";
    expect(inBucket).toContain(`s3/plain/${folder}/123456789012_VpcLatticeResourceAccessLogs_us-west-2_svc-`);
  });

  it("hold a batch once that comes again, after the sink was restarted too", async () => {
    for (const one of [cloudwatch, s3, firehose]) {
      await deliver(batch(one, '{"n":1}\n', "b1"));
      await deliver(batch(one, '{"n":2}\n', "b2"));
      await deliver(batch(one, '{"n":2}\n', "b2"));
    }

    expect(readFileSync(join(dir, log), "utf8")).toBe('{"n":1}\n{"n":2}\n');
    expect(filesUnder(join(dir, "s3")).length).toBe(2);
    expect(filesUnder(join(dir, "firehose")).length).toBe(2);
  });

  it("cut off what a crash left of a batch in the middle of a line", async () => {
    await deliver(batch(cloudwatch, '{"n":1}\n', "b1"));
    await deliver(batch(cloudwatch, '{"n":2}\n{"n":3}\n', "b2"));
    const whole = readFileSync(join(dir, log));
    writeFileSync(join(dir, log), whole.subarray(0, whole.length - 5));

    await deliver(batch(cloudwatch, '{"n":2}\n{"n":3}\n', "b2"));

    expect(readFileSync(join(dir, log), "utf8")).toBe('{"n":1}\n{"n":2}\n{"n":3}\n');
  });

  it("take over a log that someone has emptied or added to", async () => {
    await deliver(batch(cloudwatch, '{"n":1}\n', "b1"));
    writeFileSync(join(dir, log), "");
    await deliver(batch(cloudwatch, '{"n":1}\n', "b1"));
    appendFileSync(join(dir, log), "note\n");
    await deliver(batch(cloudwatch, '{"n":2}\n', "b2"));

    expect(readFileSync(join(dir, log), "utf8")).toBe('{"n":1}\nnote\n{"n":2}\n');
  });

  it.each([
    ["arn:aws:logs:us-west-2:123456789012:log-group:../../../etc/x:*", "cloudwatch/%2E%2E/%2E%2E/%2E%2E/etc/x/"],
    ["arn:aws:logs:us-west-2:123456789012:log-group://a/./b", "cloudwatch/a/%2E/b/"],
    [`arn:aws:logs:us-west-2:123456789012:log-group:${"g".repeat(512)}`, `cloudwatch/${"g".repeat(183)}~`],
  ])("cannot leave their directory: %s", async (destinationArn, beginning) => {
    await deliver(batch({ ...cloudwatch, destinationArn }, '{"n":1}\n', "b1"));

    const files = filesUnder(dir);
    expect(files.length).toBe(1);
    expect(files[0]?.slice(0, beginning.length)).toBe(beginning);
  });

  it("keep an S3 prefix with dots inside the bucket", async () => {
    await deliver(batch({ ...s3, destinationArn: "arn:aws:s3:::bucket/../../x/" }, '{"n":1}\n', "b1"));

    expect(filesUnder(dir)).toEqual([expect.stringMatching(/^s3\/bucket\/%2E%2E\/%2E%2E\/x\/AWSLogs\//)]);
  });
});
