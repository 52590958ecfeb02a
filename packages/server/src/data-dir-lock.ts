import { chmodSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";

/** The hold of this process on its data directory. */
export interface DataDirLock {
  /** Tells later processes who holds the directory. */
  describe(apiUrl: string): void;
  release(): void;
}

/** Another process uses the data directory. */
export class DataDirInUse extends Error {
  override readonly name = "DataDirInUse";
}

/** The system refuses to make or write files in the data directory. */
export class DataDirUnwritable extends Error {
  override readonly name = "DataDirUnwritable";
}

/**
 * Makes the data directory where it is missing and takes it for this process.
 *
 * The lock is SQLite's own file lock, held by an open exclusive transaction: the operating system drops it with the process, so
 * a killed Pergola leaves nothing stale behind and a reused process id cannot be mistaken for it.
 * @throws DataDirInUse when another Pergola runs on it, DataDirUnwritable when nothing can be written there
 */
export function lockDataDir(dir: string): DataDirLock {
  try {
    return takeLock(dir);
  } catch (cause) {
    if (cause instanceof DataDirInUse) throw cause;
    const { code, message } = cause as NodeJS.ErrnoException;
    const reason = code === undefined || code.startsWith("ERR_") ? message : code;
    throw new DataDirUnwritable(
      `the data directory \`${dir}\` cannot be written (${reason}): make room or give write access, or choose another with --data-dir`,
      { cause },
    );
  }
}

function takeLock(dir: string): DataDirLock {
  makeDir(dir);
  const owner = join(dir, "owner.json");
  const database = new DatabaseSync(join(dir, "lock.sqlite"), { timeout: 0 });
  try {
    database.exec("BEGIN EXCLUSIVE");
  } catch (error) {
    database.close();
    if ((error as { errcode?: number }).errcode !== sqliteBusy) throw error;
    throw new DataDirInUse(
      `the data directory \`${dir}\` is in use by ${describeOwner(owner)}: stop it, or choose another with --data-dir`,
      { cause: error },
    );
  }
  try {
    writeFileSync(owner, JSON.stringify({ pid: process.pid }));
  } catch (error) {
    database.close();
    throw error;
  }
  return {
    describe: (apiUrl) => writeFileSync(owner, JSON.stringify({ pid: process.pid, apiUrl })),
    release() {
      rmSync(owner, { force: true });
      database.close();
    },
  };
}

const sqliteBusy = 5;

/** Other users of the machine have no business in it: it holds the CA's key and access logs. */
function makeDir(dir: string): void {
  const made = mkdirSync(dir, { recursive: true, mode: 0o700 });
  if (made !== undefined) chmodSync(dir, 0o700);
}

function describeOwner(file: string): string {
  try {
    const { pid, apiUrl } = JSON.parse(readFileSync(file, "utf8")) as { pid?: unknown; apiUrl?: unknown };
    return `process ${String(pid)}${typeof apiUrl === "string" ? ` (${apiUrl})` : ""}`;
  } catch {
    // The holder may be writing the file just now; the lock alone is what counts.
    return "another process";
  }
}
