import { mkdirSync, utimesSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { gzipSync } from "node:zlib";
import type { Logger } from "@pergola/core";
import { afterEach, beforeEach, expect, it } from "vitest";
import { createLogSearch } from "./recent-records-in-logs.ts";

let dir: string;
let warnings: string[];
const logger: Logger = { info: () => {}, warn: (message) => void warnings.push(message), error: () => {} };
const any = (): boolean => true;

beforeEach(async () => {
  warnings = [];
  dir = await mkdtemp(join(tmpdir(), "pergola-logs-"));
});
afterEach(() => rm(dir, { recursive: true }));

function line(requestId: string, fields: Readonly<Record<string, unknown>> = {}): string {
  return `${JSON.stringify({ serviceNetworkArn: "sn", serviceArn: "svc", requestId, userAgent: "-", ...fields })}\n`;
}

function write(path: string, data: string | Buffer, secondsAgo = 0): void {
  const file = join(dir, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, data);
  const at = Date.now() / 1_000 - secondsAgo;
  utimesSync(file, at, at);
}

it.each([
  ["a log group", "cloudwatch/group/stream.log", (text: string) => text],
  ["a bucket", "s3/logs/AWSLogs/1/x.json.gz", gzipSync],
  ["a Firehose stream", "firehose/s/2026/01/01/00/x.json", (text: string) => text],
])("a request is found in %s", async (_what, path, encode) => {
  write(path, encode(line("a") + line("b", { responseCode: 403 }) + line("c")));

  expect(await createLogSearch(dir, logger)("b", any)).toMatchObject({ requestId: "b", responseCode: 403 });
  expect(await createLogSearch(dir, logger)("d", any)).toBeUndefined();
});

it("a request is found across the bounds of what is read at once", async () => {
  const filler = Array.from({ length: 30_000 }, (_, i) => line(`filler-${i}`)).join("");
  write("cloudwatch/g/s.log", filler + line("wanted", { userAgent: "u".repeat(60_000) }) + filler);

  expect(await createLogSearch(dir, logger)("wanted", any)).toMatchObject({ requestId: "wanted" });
});

it("what a client wrote into its user agent is no record's id", async () => {
  write("cloudwatch/g/s.log", line("real", { userAgent: '","requestId":"forged' }));

  expect(await createLogSearch(dir, logger)("forged", any)).toBeUndefined();
  expect(await createLogSearch(dir, logger)('real","x', any)).toBeUndefined();
});

it("records that may not be seen are passed over", async () => {
  write("cloudwatch/g/s.log", line("a", { serviceArn: "theirs" }) + line("a", { serviceArn: "mine" }));

  const found = await createLogSearch(dir, logger)("a", ({ serviceArn }) => serviceArn === "mine");
  expect(found?.serviceArn).toBe("mine");
});

it("a search ends at its bounds, the newest files read first", async () => {
  write("cloudwatch/g/old.log", line("old") + line("x").repeat(100), 1_000);
  write("cloudwatch/g/new.log", line("cut") + line("y").repeat(100) + line("new"), 10);

  const search = createLogSearch(dir, logger, { maxBytes: 2_000 });
  expect(await search("new", any)).toBeDefined();
  expect(await search("cut", any)).toBeUndefined();
  expect(await search("old", any)).toBeUndefined();
});

it("a broken file is reported and does not keep the others from being searched", async () => {
  write("s3/b/broken.json.gz", Buffer.from("no gzip at all"), 0);
  write("s3/b/whole.json.gz", gzipSync(line("a")), 100);

  expect(await createLogSearch(dir, logger)("a", any)).toMatchObject({ requestId: "a" });
  expect(warnings).toEqual(["an access log file could not be searched"]);
});

it("nothing is found where nothing was logged", async () => {
  expect(await createLogSearch(join(dir, "none"), logger)("a", any)).toBeUndefined();
});
