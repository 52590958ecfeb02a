import { spawn } from "node:child_process";
import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { DataDirInUse, lockDataDir } from "./data-dir-lock.ts";

let parent: string;
let dir: string;
beforeEach(async () => {
  parent = await mkdtemp(join(tmpdir(), "pergola-lock-"));
  dir = join(parent, "data");
});
afterEach(() => rm(parent, { recursive: true }));

/** Another process that holds the lock until it is killed. */
async function holdElsewhere() {
  const module = new URL("./data-dir-lock.ts", import.meta.url).href;
  const code = `import { lockDataDir } from ${JSON.stringify(module)};
    lockDataDir(${JSON.stringify(dir)}).describe("http://127.0.0.1:1");
    console.log("held"); setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ["--input-type=module-typescript", "-e", code], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  await new Promise<void>((done) => child.stdout.once("data", () => done()));
  return child;
}

describe("the lock of a data directory", () => {
  it("is one process's, and the error says whose", async () => {
    const child = await holdElsewhere();
    try {
      expect(() => lockDataDir(dir)).toThrow(DataDirInUse);
      expect(() => lockDataDir(dir)).toThrow(`in use by process ${child.pid} (http://127.0.0.1:1)`);
    } finally {
      child.kill("SIGKILL");
    }
  });

  it("is free as soon as its process was killed", async () => {
    const child = await holdElsewhere();
    const ended = new Promise((done) => child.once("exit", done));
    child.kill("SIGKILL");
    await ended;

    lockDataDir(dir).release();
  });

  it("holds inside one process too, and ends with its release", () => {
    const lock = lockDataDir(dir);
    expect(() => lockDataDir(dir)).toThrow(DataDirInUse);
    lock.release();

    lockDataDir(dir).release();
  });

  it("makes a directory that others cannot enter", async () => {
    const lock = lockDataDir(dir);
    lock.release();

    expect((await stat(dir)).mode & 0o777).toBe(0o700);
  });
});
