import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemClock } from "@pergola/core";
import { expect, it } from "vitest";
import { deliveredNumbers, filesUnder } from "../test/delivered.ts";
import { openAccessLogs } from "./access-logs.ts";
import { createFileSinks } from "./file-sinks.ts";

const script = join(import.meta.dirname, "../test/crash-writer.ts");
const quiet = { info: () => {}, warn: () => {}, error: () => {} };

/** @returns the last record that was written a second before the kill, and the last of all */
async function writeUntilKilled(spool: string, logs: string, first: number, milliseconds: number) {
  const child = spawn(process.execPath, [script, spool, logs, String(first)], { stdio: ["ignore", "pipe", "inherit"] });
  let printed = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    printed += text;
  });
  const closed = once(child, "close");
  await once(child.stdout, "data");
  let killedAt = 0;
  setTimeout(() => {
    killedAt = Date.now();
    child.kill("SIGKILL");
  }, milliseconds);
  await closed;
  expect(child.signalCode).toBe("SIGKILL");
  const steps = printed.slice(0, printed.lastIndexOf("\n")).split("\n");
  const reached = steps.map((step) => step.split(" ").map(Number) as [number, number]);
  const safe = reached.findLast(([, at]) => at < killedAt - 1_000)?.[0] ?? first - 1;
  return { safe, last: (reached.at(-1)?.[0] ?? first) + 60 };
}

it("delivers every record exactly once through kill -9 under load", { timeout: 60_000 }, async () => {
  const dir = mkdtempSync(join(tmpdir(), "pergola-logs-"));
  const spool = join(dir, "spool");
  const logs = join(dir, "logs");
  const expected: number[] = [];
  let first = 0;

  for (const milliseconds of [1_500, 250, 1_900, 30, 1_300]) {
    const { safe, last } = await writeUntilKilled(spool, logs, first, milliseconds);
    for (let n = first; n <= safe; n += 1) expected.push(n);
    first = last + 1;
  }
  const accessLogs = await openAccessLogs({
    dir: spool,
    deliverer: createFileSinks({ dir: logs }),
    clock: systemClock,
    logger: quiet,
  });
  await accessLogs.flush();
  await accessLogs.close();

  expect(expected.length).toBeGreaterThan(5_000);
  for (const [kind, gets] of [
    ["cloudwatch", () => true],
    ["s3", (n: number) => n % 3 !== 1],
    ["firehose", (n: number) => n % 3 === 2],
  ] as const) {
    const numbers = deliveredNumbers(logs, kind);
    const seen = new Set(numbers);
    expect(numbers.length, `${kind} has a record twice`).toBe(seen.size);
    expect(
      expected.filter((n) => gets(n) && !seen.has(n)),
      `${kind} misses records`,
    ).toEqual([]);
    expect(numbers.every(gets)).toBe(true);
  }
  expect(accessLogs.metrics().lost.damaged).toBe(0);
  expect(filesUnder(join(spool, "segments"))).toEqual([]);
  expect(filesUnder(join(spool, "checkpoints"))).toEqual([]);
  rmSync(dir, { recursive: true });
});
