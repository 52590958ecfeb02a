import { text } from "node:stream/consumers";
import type { AccessRecord } from "@pergola/core";
import { describe, expect, it } from "vitest";
import { readFilter } from "./record-filter.ts";
import { RecordStream } from "./record-stream.ts";

function record(fields: Partial<AccessRecord>): AccessRecord {
  return {
    serviceArn: "arn:aws:vpc-lattice:us-west-2:123456789012:service/svc-0a1b2c3d4e5f60718",
    requestPath: "/orders/1",
    callerPrincipal: "arn:aws:iam::123456789012:user/reader",
    resolvedUser: "-",
    failureReason: "-",
    responseCode: 200,
    ...fields,
  } as AccessRecord;
}

describe("filters of access records", () => {
  it.each<[string, Partial<AccessRecord>, boolean]>([
    ["", {}, true],
    ["service=svc-0a1b2c3d4e5f60718", {}, true],
    ["service=svc-0a1b2c3d4e5f6071", {}, false],
    ["service=arn:aws:vpc-lattice:us-west-2:123456789012:service/svc-0a1b2c3d4e5f60718", {}, true],
    ["status=2xx", {}, true],
    ["status=5xx", {}, false],
    ["status=5XX", { responseCode: 503 }, true],
    ["status=403", { responseCode: 403 }, true],
    ["status=403", { responseCode: 404 }, false],
    ["status=%3E%3D400", { responseCode: 400 }, true],
    ["status=%3E400", { responseCode: 400 }, false],
    ["status=%3C400", {}, true],
    ["status=2xx", { responseCode: "-" }, false],
    ["path=/orders", {}, true],
    ["path=/order/", {}, false],
    ["caller=user/reader", {}, true],
    ["caller=Anonymous", { callerPrincipal: "-", resolvedUser: "Anonymous" }, true],
    ["caller=Anonymous", {}, false],
    ["denied=true", {}, false],
    ["denied=true&status=403", { failureReason: "ClientAccessDenied", responseCode: 403 }, true],
    ["denied=true&status=404", { failureReason: "ClientAccessDenied", responseCode: 403 }, false],
  ])("%s on %j is %j", (query, fields, expected) => {
    const filter = readFilter(new URLSearchParams(query));
    expect(typeof filter === "function" && filter(record(fields))).toBe(expected);
  });

  it.each(["", "6xx", "40", "4000", "=>400", "x", "4x4"])("a status of `%s` is refused", (status) => {
    expect(readFilter(new URLSearchParams({ status }))).toEqual({ problem: expect.stringContaining(status) });
  });
});

it("a reader that is too slow loses records, is told how many, and costs no more memory", async () => {
  const stream = new RecordStream(() => {});
  const sent = 100_000;
  for (let i = 0; i < sent; i += 1) stream.add(JSON.stringify(record({ requestId: String(i) })));
  expect(stream.readableLength).toBeLessThanOrEqual(1024 * 1024);

  // From here on it is read.
  const whole = text(stream);
  await new Promise((done) => setTimeout(done, 50));
  stream.add(JSON.stringify(record({ requestId: "last" })));
  stream.end();

  const lines = (await whole)
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Line);
  const dropped = lines.reduce((sum, line) => sum + (line.dropped ?? 0), 0);
  expect(dropped).toBeGreaterThan(0);
  expect(lines.filter((line) => line.record !== undefined).length + dropped).toBe(sent + 1);
  expect(lines.at(-1)?.record?.requestId).toBe("last");
});

it("the past is written whole, however long, when it is read; what comes meanwhile is bounded and follows it", async () => {
  const stream = new RecordStream(() => {});
  const jsonOf = (requestId: string): string => JSON.stringify(record({ requestId }));
  const count = 20_000;
  stream.begin(Array.from({ length: count }, (_, i) => jsonOf(`past ${i}`)).values());
  for (let i = 0; i < count; i += 1) stream.add(jsonOf(`live ${i}`));
  expect(stream.readableLength).toBeLessThan(128 * 1024);
  stream.end();

  const lines = (await text(stream))
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Line);
  const live = lines.findIndex((line) => line.live === true);
  expect(lines.slice(0, live).map((line) => line.record?.requestId)).toEqual(
    Array.from({ length: count }, (_, i) => `past ${i}`),
  );
  const after = lines.slice(live + 1);
  const known = after.filter((line) => line.record !== undefined);
  expect(known.length).toBeGreaterThan(1_000);
  expect(known.map((line) => line.record?.requestId)).toEqual(known.map((_, i) => `live ${i}`));
  expect(after.slice(known.length)).toEqual([{ dropped: count - known.length }]);
});

interface Line {
  readonly live?: true;
  readonly record?: AccessRecord;
  readonly dropped?: number;
}
