import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openSqliteStore } from "./sqlite-store.ts";

describe("opening a SQLite store", () => {
  let dir = "";
  let file = "";
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), "pergola-open-"));
    file = join(dir, "store.db");
  });
  afterEach(() => rmSync(dir, { recursive: true }));

  it("is refused while another process has the file, and names the fix", async () => {
    const store = openSqliteStore({ file });
    const second = `
      const { openSqliteStore } = await import("@pergola/store-sqlite");
      try { openSqliteStore({ file: ${JSON.stringify(file)} }); console.log("opened"); }
      catch (error) { console.log(error.message); }`;

    const said = execFileSync(process.execPath, ["--input-type=module", "-e", second], {
      encoding: "utf8",
      cwd: import.meta.dirname,
    });

    expect(said.trim()).toBe(`\`${file}\` is in use by another process: stop it, or name another file`);
    await store.transact([{ kind: "put", key: { owner: "o", id: "i" }, value: 1, expect: "absent" }]);
    await store.close();
    await openSqliteStore({ file }).close();
  });

  it("is refused for a store that a newer version wrote, which stays as it was", async () => {
    await openSqliteStore({ file }).close();
    const db = new DatabaseSync(file);
    db.exec("PRAGMA user_version = 7");
    db.close();

    expect(() => openSqliteStore({ file })).toThrow(
      `\`${file}\` has schema 7, newer than 2: start the Pergola that wrote it`,
    );
    const after = new DatabaseSync(file);
    expect(after.prepare("PRAGMA user_version").get()).toEqual({ user_version: 7 });
    after.close();
  });

  it("brings a store of version 1 up to date, with versions and times to live as they were", async () => {
    const version1 = new DatabaseSync(file);
    version1.exec(`
      CREATE TABLE items (owner TEXT NOT NULL, id TEXT NOT NULL, value TEXT NOT NULL, revision INTEGER NOT NULL, expires_at REAL,
        PRIMARY KEY (owner, id)) STRICT, WITHOUT ROWID;
      CREATE INDEX items_by_expiry ON items (expires_at) WHERE expires_at IS NOT NULL;
      CREATE TABLE meta (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID;
      INSERT INTO meta (name, value) VALUES ('revision', 9);
      INSERT INTO items VALUES ('o', 'b', '{"n":2}', 7, NULL), ('o', 'a', '1', 9, 2000), ('p', 'c', '"x"', 3, 5);
      PRAGMA application_id = 1347569484;
      PRAGMA user_version = 1;
    `);
    version1.close();

    const store = openSqliteStore({ file, clock: { now: () => new Date(1_000_000) } });
    expect(await store.list("o")).toEqual({
      items: [
        { owner: "o", id: "a", value: 1, version: "9" },
        { owner: "o", id: "b", value: { n: 2 }, version: "7" },
      ],
      more: false,
    });
    expect((await store.list("p")).items).toEqual([]);
    await store.transact([{ kind: "put", key: { owner: "o", id: "b" }, value: 3, expect: { version: "7" } }]);
    expect((await store.get({ owner: "o", id: "b" }))?.version).toBe("10");
    await store.close();

    const after = new DatabaseSync(file);
    expect(after.prepare("PRAGMA user_version").get()).toEqual({ user_version: 2 });
    expect(after.prepare("PRAGMA integrity_check").get()).toEqual({ integrity_check: "ok" });
    after.close();
    await openSqliteStore({ file }).close();
  });

  it("is refused for a database of something else", () => {
    const db = new DatabaseSync(file);
    db.exec("CREATE TABLE other (a)");
    db.close();

    expect(() => openSqliteStore({ file })).toThrow(`\`${file}\` is not a Pergola store: name another file`);
  });

  it("is refused for a file that is no database", () => {
    writeFileSync(file, "this is a text file, long enough to be looked at by SQLite. ".repeat(40));

    expect(() => openSqliteStore({ file })).toThrow(`\`${file}\` is no SQLite database`);
  });

  it("is refused where no file can be, with the system's error as its cause", () => {
    writeFileSync(join(dir, "plain"), "");
    const inside = join(dir, "plain", "store.db");

    expect(() => openSqliteStore({ file: inside })).toThrow(
      expect.objectContaining({
        message: `cannot write the store \`${inside}\`: name a file in a directory that can be written`,
        cause: expect.objectContaining({ code: expect.stringMatching(/^(ENOTDIR|EEXIST)$/) }),
      }),
    );
  });

  it("makes files that only their owner can read", async () => {
    const store = openSqliteStore({ file });
    await store.transact([{ kind: "put", key: { owner: "o", id: "i" }, value: 1, expect: "absent" }]);

    expect(readdirSync(dir).sort()).toEqual(["store.db", "store.db-wal"]);
    for (const name of readdirSync(dir)) expect(statSync(join(dir, name)).mode & 0o777).toBe(0o600);
    await store.close();
    expect(readdirSync(dir)).toEqual(["store.db"]);
  });

  it("clears ended items away as new ones are written", async () => {
    let now = 0;
    const store = openSqliteStore({ file, clock: { now: () => new Date(now) } });
    for (let i = 0; i < 50; i += 1) {
      const key = { owner: "tokens", id: String(i) };
      await store.transact([{ kind: "put", key, value: 1, expect: "absent", expiresAt: 1 }]);
    }
    now = 2_000;
    for (let i = 0; i < 3; i += 1) {
      await store.transact([{ kind: "put", key: { owner: "kept", id: "i" }, value: i, expect: "any" }]);
    }
    await store.close();

    const db = new DatabaseSync(file);
    expect(db.prepare("SELECT count(*) AS n FROM items").get()).toEqual({ n: 1 });
    db.close();
  });
});
