import type { DatabaseSync } from "node:sqlite";
import { type Expected, type Key, StoreWriteError, VersionConflict, type Write } from "@pergola/core";
import type { Statements } from "./statements.ts";

/** Ended items that one transaction clears away: a bounded delay, yet more than single puts can add. */
const sweepSize = 20;

export interface Transactions {
  /**
   * Writes everything or nothing; durable on return.
   * @param json the values' JSON text, in the order of `writes`
   * @param now epoch seconds
   * @throws VersionConflict when an expectation does not hold; StoreWriteError with SQLite's as its cause when the disk refuses
   */
  commit(writes: readonly Write[], json: readonly string[], now: number): void;
}

/** @param revision the last revision that the database has given out */
export function transactions(db: DatabaseSync, statements: Statements, revision: number, file: string): Transactions {
  let last = revision;
  const holds = (key: Key, expect: Expected, now: number): boolean => {
    if (expect === "any") return true;
    const row = statements.revision.get(key.owner, key.id, now) as unknown as [number] | undefined;
    return expect === "absent" ? row === undefined : row !== undefined && String(row[0]) === expect.version;
  };
  const apply = (write: Write, json: string): void => {
    const { owner, id } = write.key;
    if (write.kind === "delete") statements.remove.run(owner, id);
    if (write.kind === "put") statements.put.run(owner, id, json, last, write.expiresAt ?? null);
  };
  return {
    commit(writes, json, now) {
      const failed = writes.filter(({ key, expect }) => !holds(key, expect, now)).map((write) => write.key);
      if (failed.length > 0) throw new VersionConflict(failed);
      if (!writes.some((write) => write.kind !== "check")) return;
      // Counted up before anything can fail: a revision that was tried is never given out again.
      last += 1;
      try {
        statements.begin.run();
        for (const [index, write] of writes.entries()) apply(write, json[index] as string);
        statements.sweep.run(now, sweepSize);
        statements.setRevision.run(last);
        statements.commit.run();
      } catch (cause) {
        // Some failures (a full disk among them) have rolled back already.
        if (db.isTransaction) statements.rollback.run();
        throw new StoreWriteError(`the store \`${file}\` could not be written; nothing was changed`, { cause });
      }
    },
  };
}
