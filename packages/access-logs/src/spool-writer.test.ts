import { systemClock } from "@pergola/core";
import { expect, it, vi } from "vitest";
import { cloudwatch } from "../test/sample-record.ts";
import { switchableSinks } from "../test/test-sinks.ts";
import type { Delivery } from "./delivery.ts";
import type { Entry } from "./encode-entries.ts";
import { lossReport } from "./loss-report.ts";
import { settingsOf } from "./options.ts";
import { recordBuffer } from "./record-buffer.ts";
import type { Spool } from "./spool.ts";
import { spoolWriter } from "./spool-writer.ts";

const quiet = { info: () => {}, warn: () => {}, error: () => {} };

/** A writer on a disk that keeps each write as text; `meanwhile` happens during each. */
function writerOn(meanwhile: (written: number) => void) {
  const writes: string[] = [];
  const buffer = recordBuffer(1 << 30);
  const spool: Pick<Spool, "append" | "bytes"> = {
    async append(entries: readonly Entry[]) {
      writes.push(entries.map(({ lines }) => lines.toString()).join(""));
      meanwhile(writes.length);
      return [];
    },
    bytes: () => 0,
  };
  const settings = settingsOf({
    dir: "",
    deliverer: switchableSinks(),
    clock: systemClock,
    logger: quiet,
    flushMs: 1,
  });
  const losses = lossReport(quiet);
  const writer = spoolWriter(buffer, spool as Spool, {} as Delivery, losses, settings);
  const add = (line: string): void => {
    buffer.add(line, [cloudwatch]);
    writer.writeSoon();
  };
  return { writer, writes, add };
}

it("records that come while the disk writes are written together, later, however many writes that are", async () => {
  const { writer, writes, add } = writerOn((written) => {
    if (written <= 3) for (const part of ["a", "b"]) add(`${part}${written}`);
  });
  add("first");
  await writer.write();
  expect(writes).toEqual(["first\n"]);

  await vi.waitUntil(() => writes.length === 4, { timeout: 4_000 });
  expect(writes).toEqual(["first\n", "a1\nb1\n", "a2\nb2\n", "a3\nb3\n"]);
});

it("all that was in memory at the beginning is written, more than goes into one write too, and in order", async () => {
  const { writer, writes, add } = writerOn((written) => {
    if (written < 100) add(`late ${written}`);
  });
  const lines = Array.from({ length: 30 }, (_, n) => `${n} ${"x".repeat(99_999)}`);
  for (const line of lines) add(line);
  await writer.write();

  expect(writes.length).toBeGreaterThan(1);
  const expected = lines.map((line) => `${line}\n`).join("");
  expect(writes.join("").slice(0, expected.length)).toBe(expected);
});
