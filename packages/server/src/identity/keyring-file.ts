import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Keyring, newSealingKey, rotateKeyring, type SealingKey } from "@pergola/iam";
import { fileStamp } from "../functions/file-stamp.ts";

/** The data directory's keys: one ring seals session tokens and rotates, the other seals stored secrets and stays. */
export interface KeyFile {
  /** @returns the ring for session tokens, rotated when it is due */
  sessions(now: Date): Keyring;
  readonly secrets: Keyring;
}

const day = 86_400_000;
/** A session lives 36 hours at most, so a key that sealed until a day ago opens everything that may still be in use. */
const rotateAfterMs = day;
const keepMs = 3 * day;

/** The file is there and cannot be used: better no start than sessions and secrets that nobody can open. */
export class KeyFileError extends Error {
  override readonly name = "KeyFileError";
}

/** Opens `keys.json` of the data directory, or makes it; only its owner can read it. @throws KeyFileError */
export function openKeyFile(dataDir: string, now: Date): KeyFile {
  const file = join(dataDir, "keys.json");
  const found = readKeys(file);
  const secrets = found?.secrets ?? { keys: [newSealingKey(now)] };
  let sessions = rotateKeyring(found?.sessions ?? { keys: [] }, now, rotateAfterMs, keepMs);
  if (found === undefined || sessions !== found.sessions) writeKeys(file, sessions, secrets);
  return {
    secrets,
    sessions(time) {
      const rotated = rotateKeyring(sessions, time, rotateAfterMs, keepMs);
      if (rotated !== sessions) {
        writeKeys(file, rotated, secrets);
        sessions = rotated;
      }
      return sessions;
    },
  };
}

/**
 * Opens `keys.json` of a data directory that another process has opened: it rotates, and here the file is read again when that has
 * happened.
 * @throws KeyFileError
 */
export function followKeyFile(dataDir: string): KeyFile {
  const file = join(dataDir, "keys.json");
  let stamp = fileStamp(file);
  const found = readKeys(file);
  if (found === undefined) throw new KeyFileError(`${file} is not there`);
  let { sessions } = found;
  return {
    secrets: found.secrets,
    sessions() {
      const now = fileStamp(file);
      if (now !== stamp) {
        sessions = readKeys(file)?.sessions ?? sessions;
        stamp = now;
      }
      return sessions;
    },
  };
}

function readKeys(file: string): { sessions: Keyring; secrets: Keyring } | undefined {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw new KeyFileError(`${file} cannot be read`, { cause: error });
  }
  try {
    const { sessions, secrets } = JSON.parse(text) as { sessions: unknown[]; secrets: unknown[] };
    return { sessions: { keys: sessions.map(readKey) }, secrets: { keys: secrets.map(readKey) } };
  } catch (error) {
    throw new KeyFileError(`${file} is damaged: put back a copy, or remove it and make new access keys`, {
      cause: error,
    });
  }
}

function readKey(entry: unknown): SealingKey {
  const { id, key, createdAt } = entry as { id: string; key: string; createdAt: string };
  const bytes = Buffer.from(key, "base64");
  if (!/^[0-9a-f]{8}$/.test(id) || bytes.length !== 32 || Number.isNaN(Date.parse(createdAt)))
    throw new Error("no sealing key");
  return { id, key: bytes, createdAt };
}

function writeKeys(file: string, sessions: Keyring, secrets: Keyring): void {
  const entries = ({ keys }: Keyring) =>
    keys.map(({ id, key, createdAt }) => ({ id, key: key.toString("base64"), createdAt }));
  const temporary = `${file}.new`;
  writeFileSync(temporary, JSON.stringify({ sessions: entries(sessions), secrets: entries(secrets) }), {
    mode: 0o600,
    flush: true,
  });
  renameSync(temporary, file);
}
