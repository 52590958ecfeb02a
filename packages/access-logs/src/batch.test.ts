import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { cloudwatch } from "../test/sample-record.ts";
import { readBatch } from "./batch.ts";
import { openSpool } from "./spool.ts";

describe("the blocks of a batch", () => {
  let dir = "";
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), "pergola-batch-"));
  });
  afterEach(() => rmSync(dir, { recursive: true }));

  it("are put together one by one, with other work in between", async () => {
    const spool = await openSpool(dir, 0, 1 << 20);
    const texts = ["one\n", "two\n", "three\n", "four\n"];
    const entry = (text: string) => ({ destinations: [cloudwatch], lines: Buffer.from(text), count: 1 });
    const blocks = await spool.append(texts.map(entry), Date.now());
    let turns = 0;
    let isOver = false;
    const count = (): void => {
      turns += 1;
      if (!isOver) setImmediate(count);
    };
    setImmediate(count);

    const { lines, count: lineCount, damaged } = await readBatch(spool, blocks);
    isOver = true;

    expect(lines.toString()).toBe(texts.join(""));
    expect({ lineCount, damaged }).toEqual({ lineCount: 4, damaged: 0 });
    expect(turns).toBeGreaterThanOrEqual(texts.length - 1);
    await spool.close();
  });
});
