import type { DatabaseSync, StatementSync } from "node:sqlite";

/** A row as statements give it: an array is made in half the time of an object. */
export type Row = [owner: string, id: string, value: string, revision: number];

export interface ReadStatements {
  /** owner, id, now → one Row */
  readonly get: StatementSync;
  /** owner, after, now, limit → Rows */
  readonly list: StatementSync;
  /** owner, first, after, end of prefix, now, limit; one lower bound, so that a late page begins where it is in the index */
  readonly listPrefix: StatementSync;
}

export interface Statements extends ReadStatements {
  /** owner, id, now → the revision alone */
  readonly revision: StatementSync;
  /** owner, id, value, revision, expires_at */
  readonly put: StatementSync;
  /** owner, id */
  readonly remove: StatementSync;
  /** now, how many */
  readonly sweep: StatementSync;
  /** revision */
  readonly setRevision: StatementSync;
  readonly begin: StatementSync;
  readonly commit: StatementSync;
  readonly rollback: StatementSync;
}

const alive = "(expires_at IS NULL OR expires_at > ?)";
const columns = "owner, id, value, revision";

function rows(db: DatabaseSync, sql: string): StatementSync {
  const statement = db.prepare(sql);
  statement.setReturnArrays(true);
  return statement;
}

/** @returns the prepared statements that only read; `now` is in epoch seconds, with fractions */
export function prepareReads(db: DatabaseSync): ReadStatements {
  return {
    get: rows(db, `SELECT ${columns} FROM items WHERE owner = ? AND id = ? AND ${alive}`),
    list: rows(db, `SELECT ${columns} FROM items WHERE owner = ? AND id > ? AND ${alive} ORDER BY id LIMIT ?`),
    listPrefix: rows(
      db,
      `SELECT ${columns} FROM items WHERE owner = ? AND id >= ? AND id <> ? AND id < ? AND ${alive} ORDER BY id LIMIT ?`,
    ),
  };
}

/** @returns the prepared statements of a store; `now` and `expires_at` are in epoch seconds, with fractions */
export function prepareStatements(db: DatabaseSync): Statements {
  return {
    ...prepareReads(db),
    revision: rows(db, `SELECT revision FROM items WHERE owner = ? AND id = ? AND ${alive}`),
    put: db.prepare(
      `INSERT INTO items (owner, id, value, revision, expires_at) VALUES (?, ?, ?, ?, ?) ON CONFLICT (owner, id)
       DO UPDATE SET value = excluded.value, revision = excluded.revision, expires_at = excluded.expires_at`,
    ),
    remove: db.prepare("DELETE FROM items WHERE owner = ? AND id = ?"),
    sweep: db.prepare(
      `DELETE FROM items WHERE rowid IN
       (SELECT rowid FROM items WHERE expires_at <= ? AND expires_at IS NOT NULL LIMIT ?)`,
    ),
    setRevision: db.prepare("UPDATE meta SET value = ? WHERE name = 'revision'"),
    begin: db.prepare("BEGIN IMMEDIATE"),
    commit: db.prepare("COMMIT"),
    rollback: db.prepare("ROLLBACK"),
  };
}
