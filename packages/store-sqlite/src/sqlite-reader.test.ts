import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { openSqliteReader } from "./sqlite-reader.ts";
import { openSqliteStore } from "./sqlite-store.ts";

const script = join(import.meta.dirname, "../test/pair-writer.ts");

let dir: string;
let file: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "pergola-reader-"));
  file = join(dir, "store.db");
});
afterEach(() => rmSync(dir, { recursive: true }));

it("a store that is not there is not made, and what is none is named", () => {
  expect(() => openSqliteReader({ file })).toThrow(file);
  expect(existsSync(file)).toBe(false);
  writeFileSync(file, "no database ".repeat(100));
  expect(() => openSqliteReader({ file })).toThrow("is no SQLite database");
});

it("nothing can be written through it", async () => {
  const store = openSqliteStore({ file, hasReaders: true });
  const reader = openSqliteReader({ file });
  const key = { owner: "all", id: "a" };
  await expect(reader.transact([{ kind: "put", key, value: 1, expect: "any" }])).rejects.toThrow("only reads");
  expect(await store.get(key)).toBeUndefined();
  await reader.close();
  await store.close();
});

it("a page shows each transaction of another process whole or not at all, and never an older one again", {
  timeout: 30_000,
}, async () => {
  const writer = spawn(process.execPath, [script, file], { stdio: ["ignore", "pipe", "inherit"] });
  await once(writer.stdout, "data");
  const reader = openSqliteReader({ file });
  const seen: number[] = [];
  for (const end = performance.now() + 2_000; performance.now() < end; ) {
    const { items } = await reader.list<number>("all");
    const values = new Set(items.map(({ value }) => value));
    expect([items.length, values.size]).toEqual([50, 1]);
    seen.push(...values);
    // The other process's turn, where there is one processor for both.
    await new Promise((done) => setTimeout(done, 1));
  }
  writer.kill("SIGKILL");
  await once(writer, "exit");

  expect(seen).toEqual(seen.toSorted((one, other) => one - other));
  expect(new Set(seen).size).toBeGreaterThan(5);
  // The writer's end, in the midst of a transaction, leaves the reader with whole ones.
  const { items } = await reader.list<number>("all");
  expect(new Set(items.map(({ value }) => value)).size).toBe(1);
  await reader.close();
});
