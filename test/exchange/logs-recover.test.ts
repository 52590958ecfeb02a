import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { encodeRecordMessage } from "@pergola/access-logs";
import type { LogSubscriptionSnapshot } from "@pergola/core";
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { runPergola } from "../cli/run-pergola.ts";
import { startPergola } from "../harness/pergola.ts";

const destination: LogSubscriptionSnapshot = {
  id: "als-1",
  destinationKind: "firehose",
  destinationArn: "arn:aws:firehose:us-west-2:123456789012:deliverystream/logs",
  resourceId: "svc-0a1b2c3d4e5f60718",
  account: "123456789012",
  region: "us-west-2",
};
const line = (path: string): string => JSON.stringify({ startTime: "2026-11-23T10:00:00Z", requestPath: path });
const message = (path: string, kind = destination.destinationKind): string =>
  encodeRecordMessage({ destination: { ...destination, destinationKind: kind }, line: line(path) });

describe("pergola logs recover", () => {
  let dir: string;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), "pergola-recover-"));
  });
  afterEach(() => rmSync(dir, { recursive: true }));

  const dataDir = () => join(dir, "data");
  const written = (): string[] =>
    readdirSync(join(dataDir(), "logs"), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .flatMap((entry) => readFileSync(join(entry.parentPath, entry.name), "utf8").trimEnd().split("\n"))
      .sort();

  it("brings the records of a function's log to the log files once, however often it runs", async () => {
    const log = join(dir, "log.txt");
    const events = { events: [{ message: `${message("/b")}\n` }] };
    writeFileSync(log, `START RequestId: 1\n${message("/a")}\n${JSON.stringify(events, null, 2)}\nEND\n`);

    const first = await runPergola(["logs", "recover", log, "--data-dir", dataDir()]);
    const second = await runPergola(["logs", "recover", log, "--data-dir", dataDir()]);

    expect(first).toMatchObject({ code: 0, stdout: "", stderr: expect.stringMatching(/^2 records recovered/) });
    expect(second.code).toBe(0);
    expect(written()).toEqual([line("/a"), line("/b")]);
  });

  it("prints them, from the standard input, and touches no file", async () => {
    const stdin = `${message("/ü")}\nother\n${message("/b", "s3")}`;
    const { code, stdout } = await runPergola(["logs", "recover", "--print"], {
      stdin,
      env: { PERGOLA_DATA_DIR: dataDir() },
    });
    expect({ code, stdout }).toEqual({ code: 0, stdout: `${line("/ü")}\n${line("/b")}\n` });
    expect(existsSync(dataDir())).toBe(false);
  });

  it("recovers what it can, and fails for what is damaged", async () => {
    const stdin = `${message("/a").slice(0, -5)}\n${message("/b")}\n`;
    const { code, stderr } = await runPergola(["logs", "recover", "--data-dir", dataDir()], { stdin });
    expect(code).toBe(1);
    expect(stderr).toContain("1 records are damaged");
    expect(written()).toEqual([line("/b")]);
  });

  it("looks past lines of any length", async () => {
    const stdin = `${"x".repeat(10 * 1024 * 1024)}\n${message("/a")}`;
    const { code, stdout } = await runPergola(["logs", "recover", "-", "--print"], { stdin });
    expect({ code, stdout }).toEqual({ code: 0, stdout: `${line("/a")}\n` });
  });

  it("leaves a data directory alone that a server uses", async () => {
    const pergola = await startPergola({ dataDir: dataDir() });
    onTestFinished(async () => void (await pergola.stop()));
    const { code, stderr } = await runPergola(["logs", "recover", "--data-dir", dataDir()], { stdin: message("/a") });
    expect(code).toBe(1);
    expect(stderr).toContain("is in use by");
  });

  it.each([
    ["a file that is not there", ["missing.log"], 1, "cannot be read: ENOENT"],
    ["a directory for printing", ["--print", "--data-dir", "x"], 2, "--data-dir has no effect"],
  ])("fails with %s", async (_case, args, expected, text) => {
    const { code, stderr } = await runPergola(["logs", "recover", ...args]);
    expect(code).toBe(expected);
    expect(stderr).toContain(text);
  });
});
