import { expect, it } from "vitest";
import { recentLines } from "./recent-lines.ts";
import type { Block } from "./spool-format.ts";

const blockOf = (lines: Buffer): Block => ({ segment: 1, offset: 0, bytes: lines.length, count: 1, time: 0, crc: 0 });

it("gives back what was kept last, just as it was, and never what was written over", () => {
  const capacity = 1_000;
  const recent = recentLines(capacity);
  const kept: { block: Block; lines: Buffer }[] = [];
  const copyOf = ({ block }: { block: Block }): string | undefined => {
    const into = Buffer.alloc(block.bytes);
    return recent.copy(block, into) ? into.toString() : undefined;
  };

  for (let n = 0; n < 300; n += 1) {
    const lines = Buffer.from(`${n} `.repeat(1 + ((n * 37) % 120)));
    const block = blockOf(lines);
    kept.push({ block, lines });
    recent.keep(block, lines);

    const found = kept.map(copyOf);
    const first = found.findIndex((text) => text !== undefined);
    expect(found.slice(first)).toEqual(kept.slice(first).map((one) => one.lines.toString()));
    const bytes = kept.slice(first).reduce((sum, one) => sum + one.lines.length, 0);
    expect(bytes).toBeLessThanOrEqual(capacity);
    if (first > 0) expect(bytes).toBeGreaterThan(capacity - 2 * 480);
  }
});

it("has a block that fills it, and none that is larger or that it never saw", () => {
  const recent = recentLines(10);
  const [full, large] = [Buffer.from("0123456789"), Buffer.from("0123456789!")];
  const [fullBlock, largeBlock] = [blockOf(full), blockOf(large)];
  recent.keep(blockOf(Buffer.from("abc")), Buffer.from("abc"));
  recent.keep(fullBlock, full);
  recent.keep(largeBlock, large);
  const into = Buffer.alloc(11);

  expect([recent.copy(largeBlock, into), recent.copy({ ...fullBlock }, into)]).toEqual([false, false]);
  expect(recent.copy(fullBlock, into)).toBe(true);
  expect(into.toString("utf8", 0, 10)).toBe("0123456789");
});

it("does not change with the memory that the lines came from", () => {
  const recent = recentLines(100);
  const lines = Buffer.from("{a}\n");
  const block = blockOf(lines);
  recent.keep(block, lines);
  lines.fill("x");
  const into = Buffer.alloc(4);

  expect(recent.copy(block, into)).toBe(true);
  expect(into.toString()).toBe("{a}\n");
});
