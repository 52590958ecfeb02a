import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { openSqliteStore } from "./sqlite-store.ts";

const script = join(import.meta.dirname, "../test/crash-writer.ts");

/** @returns the last number that the writer acknowledged before it was killed */
async function writeUntilKilled(file: string, first: number, milliseconds: number): Promise<number> {
  const child = spawn(process.execPath, [script, file, String(first)], { stdio: ["ignore", "pipe", "inherit"] });
  let printed = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    printed += text;
  });
  const closed = once(child, "close");
  await once(child.stdout, "data");
  setTimeout(() => child.kill("SIGKILL"), milliseconds);
  await closed;
  expect(child.signalCode).toBe("SIGKILL");
  return Number(printed.slice(0, printed.lastIndexOf("\n")).split("\n").at(-1));
}

it("keeps every acknowledged write through kill -9, and no half of any", { timeout: 60_000 }, async () => {
  const dir = mkdtempSync(join(tmpdir(), "pergola-crash-"));
  const file = join(dir, "store.db");
  let first = 0;

  for (const milliseconds of [120, 35, 260, 70, 10]) {
    const acknowledged = await writeUntilKilled(file, first, milliseconds);
    const store = openSqliteStore({ file });
    const last = (await store.get<number>({ owner: "last", id: "n" }))?.value ?? -1;
    expect(acknowledged).toBeGreaterThanOrEqual(first);
    expect([acknowledged, acknowledged + 1]).toContain(last);
    for (let n = 0; n <= last; n += 1) {
      const [left, right] = await store.getMany<{ n: number; padding: string }>([
        { owner: "left", id: String(n) },
        { owner: "right", id: String(n) },
      ]);
      expect(left?.value).toEqual({ n, padding: "x".repeat((n % 40) * 100) });
      expect(right?.value).toEqual(left?.value);
    }
    expect(await store.get({ owner: "left", id: String(last + 1) })).toBeUndefined();
    first = last + 1;
    await store.close();
  }

  rmSync(dir, { recursive: true });
});
