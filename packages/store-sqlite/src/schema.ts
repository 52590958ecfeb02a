import type { DatabaseSync } from "node:sqlite";

/** Marks the file as Pergola's: the bytes `PRGL` in the database header. */
const applicationId = 0x5052474c;
const schemaVersion = 2;

/**
 * `revision` of an item is its version. Keys compare by UTF-8 bytes (BINARY), which is code-unit order for the keys that the port
 * admits. Rows lie apart from the index of their keys: with values of the size that snapshots and history have, a table WITHOUT ROWID
 * was twice as large, and a write or read of it cost twice as much (measured on 76,000 items of 0.8 KB).
 */
const items = `
  CREATE TABLE items (
    owner TEXT NOT NULL,
    id TEXT NOT NULL,
    value TEXT NOT NULL,
    revision INTEGER NOT NULL,
    expires_at REAL,
    PRIMARY KEY (owner, id)
  ) STRICT;
`;

/** `meta` keeps the last revision given out, so that none comes back after a deletion. */
const schema = `
  ${items}
  CREATE INDEX items_by_expiry ON items (expires_at) WHERE expires_at IS NOT NULL;
  CREATE TABLE meta (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID;
  INSERT INTO meta (name, value) VALUES ('revision', 0);
  PRAGMA application_id = ${applicationId};
  PRAGMA user_version = ${schemaVersion};
`;

/** Version 1 kept its items WITHOUT ROWID. */
const fromVersion1 = `
  DROP INDEX items_by_expiry;
  ALTER TABLE items RENAME TO items_1;
  ${items}
  INSERT INTO items (owner, id, value, revision, expires_at)
    SELECT owner, id, value, revision, expires_at FROM items_1 ORDER BY owner, id;
  DROP TABLE items_1;
  CREATE INDEX items_by_expiry ON items (expires_at) WHERE expires_at IS NOT NULL;
  PRAGMA user_version = ${schemaVersion};
`;

/**
 * Creates the tables in an empty database, recognises those of an earlier run, and brings those of an earlier version up to this one,
 * all or nothing.
 * @throws Error for a database that is not Pergola's, or that a newer Pergola wrote
 */
export function prepareSchema(db: DatabaseSync, file: string): void {
  const found = pragma(db, "application_id");
  const version = pragma(db, "user_version");
  const tables = Number(db.prepare("SELECT count(*) AS n FROM sqlite_schema").get()?.n);
  if (found === 0 && version === 0 && tables === 0) {
    db.exec(`BEGIN IMMEDIATE; ${schema} COMMIT;`);
    return;
  }
  if (found !== applicationId) throw new Error(`\`${file}\` is not a Pergola store: name another file`);
  if (version > schemaVersion) {
    throw new Error(`\`${file}\` has schema ${version}, newer than ${schemaVersion}: start the Pergola that wrote it`);
  }
  if (version < 1) throw new Error(`\`${file}\` has no schema version: restore it from a copy`);
  if (version === 1) db.exec(`BEGIN IMMEDIATE; ${fromVersion1} COMMIT;`);
}

function pragma(db: DatabaseSync, name: "application_id" | "user_version"): number {
  return Number(db.prepare(`PRAGMA ${name}`).get()?.[name]);
}
