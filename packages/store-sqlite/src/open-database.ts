import { closeSync, mkdirSync, openSync } from "node:fs";
import { dirname } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { prepareSchema } from "./schema.ts";

/** Milliseconds that an opener waits for the one before it, e.g. for a server that is just shutting down. */
const lockWaitMs = 2_000;

const busy = 5;
const notADatabase = 26;

/**
 * Opens or creates the database and takes it for this process alone, or for this process as the only one that writes.
 * @param maxBytes greatest size of the database, without its write-ahead log
 * @param hasReaders whether other processes read it meanwhile; that this process alone writes is the caller's to see to then
 * @throws Error that names the file and the fix, with SQLite's or the system's error as its cause
 */
export function openDatabase(file: string, maxBytes: number, hasReaders: boolean): DatabaseSync {
  createFile(file);
  const db = new DatabaseSync(file, { timeout: lockWaitMs });
  try {
    // Pages are read where the kernel has them: a list of 50 rows of a store of 100 MB took 101 us with SQLite's own cache of 2 MB,
    // 39 us so, and 31 us of a store of 5 MB (measured).
    // INVARIANT (one process): the lock of EXCLUSIVE is taken at the first access and kept until close or death. Set before
    // WAL, it also does without the shared-memory file.
    if (!hasReaders) db.exec("PRAGMA locking_mode = EXCLUSIVE");
    db.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;");
    db.exec(`PRAGMA mmap_size = ${256 * 2 ** 20}`);
    // A checkpoint holds up whoever writes next, and at 200 writes a second every hundredth would meet one: p99 of a transaction was
    // 25 ms with SQLite's own 1,000 pages and 8 ms with 4,000, on a busy disk.
    db.exec("PRAGMA wal_autocheckpoint = 4000");
    db.exec("BEGIN IMMEDIATE; COMMIT;");
    prepareSchema(db, file);
    const pageSize = Number(db.prepare("PRAGMA page_size").get()?.page_size);
    db.exec(`PRAGMA max_page_count = ${Math.max(1, Math.floor(maxBytes / pageSize))}`);
    return db;
  } catch (cause) {
    db.close();
    throw explain(cause, file);
  }
}

/**
 * Opens a database for reading that another process has opened with `hasReaders`.
 * @throws Error that names the file, with SQLite's as its cause
 */
export function openForReading(file: string): DatabaseSync {
  let db: DatabaseSync | undefined;
  try {
    db = new DatabaseSync(file, { readOnly: true, timeout: lockWaitMs });
    db.exec(`PRAGMA mmap_size = ${256 * 2 ** 20}`);
    // Without an access the file would not have been looked at.
    db.prepare("SELECT value FROM meta WHERE name = 'revision'").get();
    return db;
  } catch (cause) {
    db?.close();
    throw explain(cause, file);
  }
}

/** Only for the owner's eyes: configuration can hold policies and tags. SQLite gives the log the same mode. */
function createFile(file: string): void {
  try {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    closeSync(openSync(file, "a", 0o600));
  } catch (cause) {
    throw new Error(`cannot write the store \`${file}\`: name a file in a directory that can be written`, { cause });
  }
}

function explain(cause: unknown, file: string): unknown {
  const code = cause instanceof Error && "errcode" in cause ? Number(cause.errcode) & 0xff : undefined;
  if (code === busy) {
    return new Error(`\`${file}\` is in use by another process: stop it, or name another file`, { cause });
  }
  if (code === notADatabase) {
    return new Error(`\`${file}\` is no SQLite database: name another file, or restore it from a copy`, { cause });
  }
  if (code === undefined) return cause;
  return new Error(`cannot open the store \`${file}\``, { cause });
}
