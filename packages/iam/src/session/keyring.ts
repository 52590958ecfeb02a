import { randomBytes } from "node:crypto";

/** A 256-bit key that seals session tokens and stored secrets. */
export interface SealingKey {
  /** 8 hex digits; travels in clear with what the key sealed. */
  readonly id: string;
  /** 32 bytes. */
  readonly key: Buffer;
  /** ISO 8601. */
  readonly createdAt: string;
}

/**
 * The keys in force: the first seals, every one unseals. A key is rotated by putting a new one first, and dropped when whatever it
 * sealed has expired (the overlap).
 */
export interface Keyring {
  readonly keys: readonly SealingKey[];
}

/** @returns a fresh random key */
export function newSealingKey(now: Date): SealingKey {
  return { id: randomBytes(4).toString("hex"), key: randomBytes(32), createdAt: now.toISOString() };
}

/**
 * Rotates a keyring when its sealing key is old.
 * @param rotateAfterMs age from which the first key is replaced
 * @param keepMs age from which a key is dropped; longer than `rotateAfterMs` plus the life of anything sealed
 * @returns the keyring as it should be now: the same object when nothing is due
 */
export function rotateKeyring(keyring: Keyring, now: Date, rotateAfterMs: number, keepMs: number): Keyring {
  const age = (key: SealingKey): number => now.getTime() - Date.parse(key.createdAt);
  const kept = keyring.keys.filter((key) => age(key) < keepMs);
  const [first] = kept;
  if (first !== undefined && age(first) < rotateAfterMs)
    return kept.length === keyring.keys.length ? keyring : { keys: kept };
  return { keys: [newSealingKey(now), ...kept] };
}
