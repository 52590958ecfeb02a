import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";

/**
 * Takes a directory for this process alone. Node has no file locks of its own; SQLite's are the system's, so they end with the
 * process, however it ends.
 * @returns a function that gives the directory back
 * @throws Error when another process has it
 */
export function lockDirectory(dir: string): () => void {
  const db = new DatabaseSync(join(dir, "lock"), { timeout: 2_000 });
  try {
    db.exec("PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE");
  } catch (cause) {
    db.close();
    throw new Error(
      `the access log spool \`${dir}\` is in use by another process: stop it, or name another directory`,
      {
        cause,
      },
    );
  }
  return () => db.close();
}
