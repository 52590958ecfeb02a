import type { Key, ListOptions, Write } from "./config-store.ts";

/**
 * What every ConfigStore refuses, whatever it is built on. Keys hold no NUL and nothing outside the basic multilingual plane:
 * so the order of UTF-8 bytes (SQLite, DynamoDB) is the order of UTF-16 code units (memory).
 */
const keyPattern = /^[^\0\ud800-\udfff]{1,1024}$/;
const cursorPattern = /^[^\0\ud800-\udfff]{0,1024}$/;
const maxBatch = 100;
const maxLimit = 1000;

/** @throws RangeError when a key's owner or id has not 1–1,024 characters of the kind that keys may hold */
export function requireKey({ owner, id }: Key): void {
  requireOwner(owner);
  if (!keyPattern.test(id)) throw new RangeError("key id: use 1 to 1024 characters without NUL and surrogates");
}

function requireOwner(owner: string): void {
  if (!keyPattern.test(owner)) throw new RangeError("key owner: use 1 to 1024 characters without NUL and surrogates");
}

/** @throws RangeError for more than 100 keys or a bad one */
export function requireKeys(keys: readonly Key[]): void {
  if (keys.length > maxBatch) throw new RangeError(`keys: at most ${maxBatch} at once, not ${keys.length}`);
  for (const key of keys) requireKey(key);
}

/**
 * @returns the options of a listing with their defaults
 * @throws RangeError for a bad owner, prefix or cursor, or a limit that is not 1–1,000
 */
export function requireListing(
  owner: string,
  { prefix = "", after = "", limit = maxBatch }: ListOptions,
): { prefix: string; after: string; limit: number } {
  requireOwner(owner);
  if (!cursorPattern.test(prefix)) throw new RangeError("prefix: use at most 1024 characters without NUL");
  if (!cursorPattern.test(after)) throw new RangeError("after: use at most 1024 characters without NUL");
  if (!Number.isInteger(limit) || limit < 1 || limit > maxLimit) {
    throw new RangeError(`limit: use a whole number from 1 to ${maxLimit}, not \`${limit}\``);
  }
  return { prefix, after, limit };
}

/**
 * Checks a transaction and turns its values into JSON before anything is touched: a value that is no JSON leaves no trace.
 * @param most how many writes the store takes
 * @returns the JSON text of each write, in order; `""` where there is none
 * @throws RangeError for more writes than that, a key that occurs twice, or a time to live that is no number
 * @throws TypeError for a value that JSON cannot hold
 */
export function requireWrites(writes: readonly Write[], most = maxBatch): readonly string[] {
  if (writes.length > most) throw new RangeError(`writes: at most ${most} at once, not ${writes.length}`);
  const seen = new Set<string>();
  return writes.map((write) => {
    requireKey(write.key);
    const address = `${write.key.owner}\0${write.key.id}`;
    if (seen.has(address)) throw new RangeError(`writes: \`${write.key.owner} ${write.key.id}\` occurs twice`);
    seen.add(address);
    if (write.kind !== "put") return "";
    if (write.expiresAt !== undefined && !Number.isFinite(write.expiresAt)) {
      throw new RangeError("expiresAt: use epoch seconds");
    }
    const json: string | undefined = JSON.stringify(write.value);
    if (json === undefined) throw new TypeError(`value of \`${write.key.owner} ${write.key.id}\`: use JSON`);
    return json;
  });
}
