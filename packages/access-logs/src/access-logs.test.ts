import { execFileSync } from "node:child_process";
import { appendFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { deliveredNumbers, filesUnder } from "../test/delivered.ts";
import { cloudwatch, firehose, s3, sampleRecord } from "../test/sample-record.ts";
import { switchableSinks } from "../test/test-sinks.ts";
import { type AccessLogs, openAccessLogs } from "./access-logs.ts";
import { createFileSinks } from "./file-sinks.ts";
import type { AccessLogOptions } from "./options.ts";

/** For what takes some milliseconds. */
const patient = { timeout: 10_000 };
const upTo = (count: number): number[] => Array.from({ length: count }, (_, n) => n);

describe("access logs", () => {
  let dir = "";
  let spool = "";
  let now = Date.parse("2026-11-23T10:00:00Z");
  const opened: AccessLogs[] = [];
  const logged: string[] = [];
  const note = (message: string): void => void logged.push(message);
  const quick = { cloudwatch: 10, s3: 20, firehose: 10 };
  const open = async (
    options: Pick<AccessLogOptions, "deliverer"> & Partial<AccessLogOptions>,
  ): Promise<AccessLogs> => {
    const logger = { info: note, warn: note, error: note };
    const clock = { now: () => new Date(now) };
    const logs = await openAccessLogs({
      dir: spool,
      clock,
      logger,
      delayMs: quick,
      flushMs: 10,
      maxRetryMs: 50,
      ...options,
    });
    opened.push(logs);
    return logs;
  };
  const writeAll = (logs: AccessLogs, numbers: number[], destinations = [cloudwatch, s3]): void => {
    for (const n of numbers) logs.write(sampleRecord(n), destinations);
  };
  const segments = (): string[] => filesUnder(join(spool, "segments")).map((name) => join(spool, "segments", name));

  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), "pergola-logs-"));
    spool = join(dir, "spool");
  });
  afterEach(async () => {
    for (const logs of opened.splice(0)) await logs.close();
    logged.length = 0;
    rmSync(dir, { recursive: true });
  });

  describe("deliver", () => {
    it("10,000 records, one entry each, in order, to two destinations at once", async () => {
      const logs = await open({ deliverer: createFileSinks({ dir }) });

      writeAll(logs, upTo(10_000));
      await logs.flush();

      expect(deliveredNumbers(dir, "cloudwatch")).toEqual(upTo(10_000));
      expect(deliveredNumbers(dir, "s3").sort((a, b) => a - b)).toEqual(upTo(10_000));
      expect(logs.metrics()).toMatchObject({ written: 10_000, bufferSize: 0, lost: { "spool-full": 0, damaged: 0 } });
    });

    it("one entry each although subscriptions to the same place are deleted and made again", async () => {
      const logs = await open({ deliverer: createFileSinks({ dir }), delayMs: { cloudwatch: 1, s3: 1 }, flushMs: 1 });

      for (const n of upTo(100)) {
        const id = `als-${String(n).padStart(17, "0")}`;
        writeAll(
          logs,
          [n],
          [
            { ...cloudwatch, id },
            { ...s3, id },
          ],
        );
        if (n % 3 === 0) await new Promise((done) => setTimeout(done, 2));
      }
      await logs.flush();

      expect(deliveredNumbers(dir, "cloudwatch")).toEqual(upTo(100));
      expect(deliveredNumbers(dir, "s3").sort((a, b) => a - b)).toEqual(upTo(100));
      expect(logged).toEqual([]);
    });

    it("without being asked, within their delays", async () => {
      const logs = await open({ deliverer: createFileSinks({ dir }), delayMs: { cloudwatch: 300, s3: 500 } });
      const start = Date.now();

      writeAll(logs, [1, 2, 3]);

      await vi.waitUntil(() => filesUnder(join(dir, "cloudwatch")).length === 1, patient);
      await vi.waitUntil(() => filesUnder(join(dir, "s3")).length === 1, patient);
      expect(Date.now() - start).toBeGreaterThan(450);
      expect(deliveredNumbers(dir, "s3")).toEqual([1, 2, 3]);
    });

    it("are in the spool within 100 ms", { retry: 2 }, async () => {
      const sinks = switchableSinks();
      sinks.cloudwatch.mode = "down";
      const logs = await openAccessLogs({
        dir: spool,
        deliverer: sinks,
        clock: { now: () => new Date(now) },
        logger: { info: note, warn: note, error: note },
      });
      opened.push(logs);

      writeAll(logs, [1], [cloudwatch]);
      await new Promise((resolve) => setTimeout(resolve, 100));

      expect(readFileSync(segments()[0] ?? "", "utf8")).toContain("/orders/1");
    });

    it("each record to just the destinations it came with", async () => {
      const sinks = switchableSinks();
      const logs = await open({ deliverer: sinks });
      const moved = { ...cloudwatch, destinationArn: `${cloudwatch.destinationArn.slice(0, -2)}-moved:*` };

      for (const n of upTo(30)) logs.write(sampleRecord(n), [[cloudwatch], [s3, firehose], [moved]][n % 3] ?? []);
      logs.write(sampleRecord(99), []);
      await logs.flush();

      const of = (remainder: number): number[] => upTo(30).filter((n) => n % 3 === remainder);
      expect(sinks.s3.numbers()).toEqual(of(1));
      expect(sinks.firehose.numbers()).toEqual(of(1));
      expect([...sinks.cloudwatch.batches.values()].map((batch) => batch.destination.destinationArn).sort()).toEqual(
        [cloudwatch.destinationArn, moved.destinationArn].sort(),
      );
      expect(sinks.cloudwatch.numbers().sort((a, b) => a - b)).toEqual([...of(0), ...of(2)].sort((a, b) => a - b));
    });

    it("give the disk back: a segment goes when everyone has it", async () => {
      const logs = await open({ deliverer: switchableSinks(), segmentBytes: 50_000 });

      for (const part of [0, 1, 2, 3, 4]) {
        writeAll(
          logs,
          upTo(100).map((n) => part * 100 + n),
        );
        await logs.flush();
      }

      expect(segments().length).toBe(1);
      await logs.close();
      expect(segments()).toEqual([]);
      expect(readdirSync(join(spool, "checkpoints"))).toEqual([]);
    });
  });

  describe("the memory of a batch", () => {
    const keeping = (kept: Buffer[], outcome: () => Promise<void>) => ({
      deliver({ lines }: { lines: Buffer }) {
        kept.push(lines);
        return outcome();
      },
    });

    it("goes with its delivery, not with the next collection of garbage", async () => {
      const kept: Buffer[] = [];
      const logs = await open({ deliverer: { ...switchableSinks(), s3: keeping(kept, () => Promise.resolve()) } });
      writeAll(logs, upTo(100), [s3]);
      await logs.flush();

      expect(kept.map(({ length }) => length)).toEqual([0]);
    });

    it("stays where the destination has failed: a request that was broken off may still be reading it", async () => {
      const kept: Buffer[] = [];
      const away = keeping(kept, () => Promise.reject(new Error("away")));
      const logs = await open({ deliverer: { ...switchableSinks(), s3: away } });
      writeAll(logs, [7], [s3]);
      await expect(logs.flush()).rejects.toThrow();

      expect(kept[0]?.toString()).toContain("/orders/7");
    });
  });

  describe("when a destination fails", () => {
    it("the records wait, and arrive once it is back", async () => {
      const sinks = switchableSinks();
      sinks.cloudwatch.mode = "down";
      const logs = await open({ deliverer: sinks });
      writeAll(logs, upTo(100), [cloudwatch]);

      await expect(logs.flush()).rejects.toThrow("could not be delivered yet");
      await vi.waitUntil(() => sinks.cloudwatch.tries > 3, patient);
      expect(logs.metrics().destinations[0]).toMatchObject({ pendingLines: 100, deliveredLines: 0 });
      writeAll(logs, [100, 101], [cloudwatch]);
      sinks.cloudwatch.mode = "up";
      await vi.waitUntil(() => sinks.cloudwatch.numbers().length === 102, patient);

      expect(sinks.cloudwatch.numbers()).toEqual(upTo(102));
      expect(logged).toContain("access log delivery works again");
    });

    it.each(["down", "hanging"] as const)("the others do not wait for one that is %s", async (mode) => {
      const sinks = switchableSinks();
      sinks.s3.mode = mode;
      const logs = await open({ deliverer: sinks, deliverTimeoutMs: 2_000 });

      writeAll(logs, upTo(500));
      await vi.waitUntil(() => sinks.cloudwatch.numbers().length === 500, { timeout: 1_500 });

      expect(sinks.s3.numbers()).toEqual([]);
      sinks.s3.mode = "up";
      await vi.waitUntil(() => sinks.s3.numbers().length === 500, { timeout: 6_000 });
    });

    it("a batch that comes again has the same id, time and lines, also in the next process", async () => {
      const sinks = switchableSinks();
      const tried: string[] = [];
      const s3Sink = {
        async deliver({ batchId, time, lines }: { batchId: string; time: Date; lines: Buffer }) {
          tried.push(`${batchId} ${time.toISOString()} ${lines.length}`);
          throw new Error("took it, and then lost the connection");
        },
      };
      const logs = await open({ deliverer: { ...sinks, s3: s3Sink } });
      writeAll(logs, upTo(10), [s3]);
      await expect(logs.flush()).rejects.toThrow();
      writeAll(logs, upTo(10), [s3]);
      await logs.close();
      now += 60_000;
      const again = await open({ deliverer: { ...sinks, s3: s3Sink } });
      await expect(again.flush()).rejects.toThrow();

      expect(tried.length).toBeGreaterThanOrEqual(3);
      expect(new Set(tried).size).toBe(1);
    });

    it("the spool is bounded: newest records are dropped and counted, the others' are not", async () => {
      const sinks = switchableSinks();
      sinks.s3.mode = "down";
      const logs = await open({ deliverer: sinks, maxSpoolBytes: 400_000, segmentBytes: 40_000 });

      for (let part = 0; part < 20; part += 1) {
        writeAll(
          logs,
          upTo(50).map((n) => part * 50 + n),
        );
        await logs.flush().catch(() => undefined);
      }

      const { lost, spoolBytes } = logs.metrics();
      expect(sinks.cloudwatch.numbers()).toEqual(upTo(1_000));
      expect(lost["spool-full"]).toBeGreaterThan(0);
      expect(spoolBytes).toBeLessThan(400_000);
      expect(logged).toContain("access log records were lost");
      sinks.s3.mode = "up";
      await logs.flush();
      expect(sinks.s3.numbers()).toEqual(upTo(1_000 - lost["spool-full"]));
    });

    it("records are given up after maxAgeMs, and counted", async () => {
      const sinks = switchableSinks();
      sinks.s3.mode = "down";
      const logs = await open({ deliverer: sinks, maxAgeMs: 3_600_000 });
      writeAll(logs, upTo(10), [s3]);
      await expect(logs.flush()).rejects.toThrow();
      now += 3_600_001;
      writeAll(logs, [10, 11], [s3]);
      await expect(logs.flush()).rejects.toThrow();

      expect(logs.metrics()).toMatchObject({ lost: { expired: 10 }, destinations: [{ pendingLines: 2 }] });
      sinks.s3.mode = "up";
      await logs.flush();
      expect(sinks.s3.numbers()).toEqual([10, 11]);
    });

    it("what the others have already does not come again, however often the process starts", async () => {
      const sinks = switchableSinks();
      sinks.s3.mode = "down";
      const first = await open({ deliverer: sinks });
      writeAll(first, upTo(10));
      await expect(first.flush()).rejects.toThrow();
      await first.close();
      const second = await open({ deliverer: sinks });
      writeAll(second, [10], [cloudwatch]);
      await expect(second.flush()).rejects.toThrow();
      await second.close();
      const { tries } = sinks.cloudwatch;

      const third = await open({ deliverer: sinks });
      sinks.s3.mode = "up";
      await third.flush();
      await third.close();

      expect(sinks.cloudwatch.tries).toBe(tries);
      expect(sinks.s3.numbers()).toEqual(upTo(10));
      expect(readdirSync(join(spool, "checkpoints"))).toEqual([]);
    });

    it("closing leaves the rest to the next process", async () => {
      const sinks = switchableSinks();
      sinks.s3.mode = "hanging";
      const logs = await open({ deliverer: sinks, closeMs: 100 });
      writeAll(logs, upTo(10), [s3]);
      await logs.close();
      logs.write(sampleRecord(10), [s3]);

      expect(logs.metrics().lost.closed).toBe(1);
      sinks.s3.mode = "up";
      const again = await open({ deliverer: sinks });
      await vi.waitUntil(() => sinks.s3.numbers().length === 10, patient);
      expect(again.metrics().written).toBe(0);
    });
  });

  describe("when the disk fails", () => {
    it("opening a directory that cannot be is refused, with the system's error as its cause", async () => {
      writeFileSync(join(dir, "plain"), "");

      await expect(open({ deliverer: switchableSinks(), dir: join(dir, "plain", "spool") })).rejects.toThrow(
        expect.objectContaining({
          message: `cannot write the access log spool \`${join(dir, "plain", "spool")}\`: name a directory that can be written`,
          cause: expect.objectContaining({ code: "ENOTDIR" }),
        }),
      );
    });

    it("opening a directory that is in use is refused", async () => {
      await open({ deliverer: switchableSinks() });

      await expect(open({ deliverer: switchableSinks() })).rejects.toThrow("is in use by another process");
    });

    it("records stay in memory until it works again", async () => {
      const sinks = switchableSinks();
      const logs = await open({ deliverer: sinks });
      rmSync(join(spool, "segments"), { recursive: true });

      writeAll(logs, upTo(100), [cloudwatch]);
      await expect(logs.flush()).rejects.toThrow("ENOENT");
      writeAll(logs, [100], [cloudwatch]);
      expect(logs.metrics().bufferSize).toBeGreaterThan(0);
      mkdirSync(join(spool, "segments"));
      await vi.waitUntil(() => sinks.cloudwatch.numbers().length === 101, patient);

      expect(sinks.cloudwatch.numbers()).toEqual(upTo(101));
      expect(logged).toContain("the access log spool cannot be written; records are kept in memory");
      expect(logged).toContain("the access log spool can be written again");
    });

    it("memory is bounded, what does not fit is counted, and no line is half in the spool", async () => {
      const script = join(import.meta.dirname, "../test/full-disk-writer.ts");
      // The kernel refuses every write past 512 KiB of a file, as a full disk would, after a part of it was written.
      const shell = `trap '' XFSZ; ulimit -f 512; exec "$0" "$1" "$2"`;
      const output = execFileSync("bash", ["-c", shell, process.execPath, script, spool], { encoding: "utf8" });
      const { lost, bufferSize, written, messages } = JSON.parse(output);

      expect(written + lost["buffer-full"]).toBe(2_000);
      expect(lost["buffer-full"]).toBeGreaterThan(0);
      expect(bufferSize).toBeGreaterThan(90_000);
      expect(bufferSize).toBeLessThan(110_000);
      expect(messages).toContain("the access log spool cannot be written; records are kept in memory");
      const sinks = switchableSinks();
      const logs = await open({ deliverer: sinks });
      await logs.flush();
      expect(sinks.cloudwatch.numbers()).toEqual(upTo(sinks.cloudwatch.numbers().length));
      expect(sinks.cloudwatch.numbers().length).toBeGreaterThan(300);
      expect(logged).not.toContain("the access log spool had a torn end");
    });
  });

  describe("a spool that a crash has damaged", () => {
    const fill = async (): Promise<string> => {
      const sinks = switchableSinks();
      sinks.cloudwatch.mode = "down";
      const logs = await open({ deliverer: sinks, closeMs: 0 });
      writeAll(logs, upTo(50), [cloudwatch]);
      await logs.close();
      const [segment = ""] = segments();
      return segment;
    };
    const redeliver = async (): Promise<{ numbers: number[]; logs: AccessLogs }> => {
      const sinks = switchableSinks();
      const logs = await open({ deliverer: sinks });
      await logs.flush();
      return { numbers: sinks.cloudwatch.numbers(), logs };
    };

    it("delivers the whole lines before a torn one", async () => {
      const segment = await fill();
      const bytes = readFileSync(segment);
      writeFileSync(segment, bytes.subarray(0, bytes.length - 100));

      const { numbers } = await redeliver();

      expect(numbers).toEqual(upTo(49));
      expect(logged).toContain("the access log spool had a torn end");
    });

    it("delivers everything before rubbish at the end", async () => {
      appendFileSync(await fill(), Buffer.concat([Buffer.from("B 0 17"), Buffer.alloc(5000)]));

      expect((await redeliver()).numbers).toEqual(upTo(50));
    });

    it("delivers the lines that are sound around bad ones, and counts those", async () => {
      const segment = await fill();
      const bytes = readFileSync(segment);
      bytes.fill(0, bytes.indexOf("/orders/20"), bytes.indexOf("/orders/22"));
      writeFileSync(segment, bytes);

      const { numbers, logs } = await redeliver();

      expect(numbers).toEqual(upTo(50).filter((n) => n < 20 || n > 22));
      expect(logs.metrics().lost.damaged).toBe(3);
    });

    it("drops a segment that has not even a first line", async () => {
      const segment = await fill();
      writeFileSync(segment, "");

      expect((await redeliver()).numbers).toEqual([]);
    });

    it("never gives a segment the number of one that checkpoints know", async () => {
      const segment = await fill();
      rmSync(segment);
      const sinks = switchableSinks();
      const logs = await open({ deliverer: sinks });
      writeAll(logs, upTo(5), [cloudwatch]);
      await logs.flush();

      expect(sinks.cloudwatch.numbers()).toEqual(upTo(5));
      expect(segments()).not.toContain(segment);
    });
  });
});
