import { randomBytes } from "node:crypto";
import { mkdir, open, readdir, rename, rm, stat, utimes } from "node:fs/promises";
import { join } from "node:path";
import type { ProcessCredentials } from "./request-session.ts";

/** AWS's clients ask again five minutes before the end too. */
const reserveMs = 5 * 60_000;
const maxFileBytes = 64 * 1024;

/**
 * Reads a kept session.
 * @returns it when five minutes are left of it, undefined when there is none such. A file that others may read or write is none
 * @throws the system's error when there is a file that cannot be read
 */
export async function readCachedSession(dir: string, name: string, now: Date): Promise<ProcessCredentials | undefined> {
  let text: string;
  try {
    await using file = await open(join(dir, `${name}.json`), "r");
    const { mode, uid, size } = await file.stat();
    const isOwn = process.getuid === undefined || (uid === process.getuid() && (mode & 0o077) === 0);
    if (!isOwn || size > maxFileBytes) return undefined;
    text = await file.readFile("utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
  const session = parse(text);
  return session !== undefined && Date.parse(session.Expiration) - now.getTime() > reserveMs ? session : undefined;
}

function parse(text: string): ProcessCredentials | undefined {
  try {
    const value = JSON.parse(text) as Readonly<Record<string, unknown>> | null;
    const members = [value?.AccessKeyId, value?.SecretAccessKey, value?.SessionToken, value?.Expiration];
    if (value?.Version !== 1 || !members.every((member) => typeof member === "string")) return undefined;
    return value as unknown as ProcessCredentials;
  } catch (error) {
    // Half a file of a machine that lost its power: as good as none.
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/**
 * Keeps a session for its user alone, in one step: whoever reads meanwhile sees the old file or the new one. Sessions that have
 * ended are removed.
 * @throws the system's error
 */
export async function cacheSession(dir: string, name: string, session: ProcessCredentials, now: Date): Promise<void> {
  await mkdir(dir, { recursive: true, mode: 0o700 });
  const temporary = join(dir, `${name}.${randomBytes(8).toString("hex")}.tmp`);
  try {
    {
      await using file = await open(temporary, "wx", 0o600);
      await file.writeFile(JSON.stringify(session));
    }
    // The end of the session as the file's time: what has ended is found without reading secrets.
    const end = new Date(session.Expiration);
    await utimes(temporary, end, end);
    await rename(temporary, join(dir, `${name}.json`));
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  await removeEnded(dir, now);
}

const maxSwept = 1_000;

async function removeEnded(dir: string, now: Date): Promise<void> {
  const names = (await readdir(dir)).filter((name) => /^[0-9a-f]{64}\.json$/.test(name)).slice(0, maxSwept);
  for (const name of names) {
    const path = join(dir, name);
    const facts = await stat(path).catch((error: NodeJS.ErrnoException) => {
      // Another process has removed it.
      if (error.code === "ENOENT") return undefined;
      throw error;
    });
    if (facts !== undefined && facts.mtimeMs < now.getTime()) await rm(path, { force: true });
  }
}
