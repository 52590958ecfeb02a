import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openSqliteStore } from "./sqlite-store.ts";

const script = join(import.meta.dirname, "../test/full-disk-writer.ts");

describe("a full disk", () => {
  let dir = "";
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), "pergola-full-"));
  });
  afterEach(() => rmSync(dir, { recursive: true }));

  it("refuses the write with its cause, keeps what was written, and opens again", async () => {
    const file = join(dir, "store.db");
    // The kernel refuses every write past 2 MiB of a file (2,048 blocks of 1 KiB), as a full disk would.
    const shell = `trap '' XFSZ; ulimit -f 2048; exec "$0" "$1" "$2"`;

    const report = JSON.parse(
      execFileSync("bash", ["-c", shell, process.execPath, script, file], { encoding: "utf8" }),
    ) as { written: number; cause: string };

    expect(report).toEqual({
      written: expect.any(Number),
      error: `the store \`${file}\` could not be written; nothing was changed`,
      cause: expect.stringMatching(/full|disk I\/O/),
      again: `the store \`${file}\` could not be written; nothing was changed`,
      readable: true,
      half: false,
    });
    expect(report.written).toBeGreaterThan(10);
    const store = openSqliteStore({ file });
    expect(await store.get({ owner: "right", id: String(report.written - 1) })).toBeDefined();
    expect(await store.get({ owner: "left", id: String(report.written) })).toBeUndefined();
    await store.transact([{ kind: "put", key: { owner: "left", id: "later" }, value: 1, expect: "absent" }]);
    await store.close();
  });

  it("refuses writes past maxBytes while reads and deletions go on", async () => {
    const store = openSqliteStore({ file: join(dir, "store.db"), maxBytes: 256 * 1024 });
    const put = (n: number) =>
      store.transact([
        { kind: "put", key: { owner: "a", id: String(n) }, value: "x".repeat(10_000), expect: "absent" },
        { kind: "put", key: { owner: "b", id: String(n) }, value: "x".repeat(10_000), expect: "absent" },
      ]);
    let n = 0;
    const error = await (async () => {
      for (; n < 1000; n += 1) await put(n);
    })().catch((reason: unknown) => reason as Error);

    expect(error).toMatchObject({ cause: expect.objectContaining({ message: "database or disk is full" }) });
    expect(await store.get({ owner: "a", id: String(n - 1) })).toBeDefined();
    expect(await store.get({ owner: "a", id: String(n) })).toBeUndefined();
    await store.transact([{ kind: "delete", key: { owner: "a", id: "0" }, expect: "any" }]);
    await store.transact([{ kind: "delete", key: { owner: "b", id: "0" }, expect: "any" }]);
    await put(n);
    expect(await store.get({ owner: "b", id: String(n) })).toBeDefined();
    await store.close();
  });
});
