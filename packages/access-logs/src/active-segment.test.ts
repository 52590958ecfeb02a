import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { cloudwatch, s3 } from "../test/sample-record.ts";
import { ActiveSegment } from "./active-segment.ts";
import { scanSegment } from "./spool-format.ts";

const nonce = "0123456789abcdef0123456789abcdef";
const entry = (text: string, destinations = [cloudwatch]) => ({ destinations, lines: Buffer.from(text), count: 1 });
let dir = "";

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "pergola-segment-"));
});
afterEach(() => rmSync(dir, { recursive: true }));

it.each([1, 7, 64, 1_000])("a segment is whole where the system takes %s bytes at a time", async (most) => {
  const file = join(dir, "segment");
  const handle = await open(file, "wx");
  const short: Pick<FileHandle, "writev" | "datasync" | "close"> = {
    async writev(parts, position) {
      const some = Buffer.concat(parts.map((part) => Buffer.from(part.buffer, part.byteOffset, part.byteLength)));
      const { bytesWritten } = await handle.write(some, 0, Math.min(most, some.length), position);
      return { bytesWritten, buffers: parts };
    },
    datasync: () => handle.datasync(),
    close: () => handle.close(),
  };
  const size = `pergola-spool 1 ${nonce}\n`.length;
  const segment = new ActiveSegment({ number: 1, nonce, size, owed: 0, sealed: false }, short as FileHandle);
  await segment.begin();
  const first = await segment.append([entry("{a}\n"), entry(`{${"b".repeat(300)}}\n`, [s3])], 5);
  const second = await segment.append([entry("{c}\n")], 6);
  await segment.close();

  const bytes = readFileSync(file);
  const written = [...first, ...second];
  const linesOf = (offset: number, length: number): string => bytes.toString("utf8", offset, offset + length);
  expect(written.map((block) => linesOf(block.offset, block.bytes))).toEqual([
    "{a}\n",
    `{${"b".repeat(300)}}\n`,
    "{c}\n",
  ]);
  expect((await scanSegment(file, 1))?.blocks.map(({ block }) => block)).toEqual(written);
  expect(bytes.length).toBe(segment.segment.size);
});
