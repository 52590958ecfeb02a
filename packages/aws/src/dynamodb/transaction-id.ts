// Not imported: docs/lambda.md, "Bundles".
const { randomBytes } = process.getBuiltinModule("node:crypto");

/** Digits in ascending order of code: ids sort by time. Without letters that look like digits. */
const digits = "0123456789abcdefghjkmnpqrstvwxyz";
const timeDigits = 10;
const randomDigits = 16;
const versionPattern = /^([0-9a-hjkmnp-tv-z]{26})(?:\.(\d{1,2})\.(\d{1,2}))?$/;

/**
 * @returns a fresh id of 26 characters: 50 bits of time in milliseconds, then 80 random bits. It is the version of everything
 * that the transaction writes, so no key gets a version twice, and the place of its record among the changes
 */
export function newTransactionId(now: Date): string {
  let random = "";
  for (const byte of randomBytes(randomDigits)) random += digits.charAt(byte & 31);
  return earliestId(now).slice(0, timeDigits) + random;
}

/** @returns what sorts before or with every id of that time and later */
export function earliestId(time: Date): string {
  let rest = Math.max(0, time.getTime());
  let text = "";
  for (let digit = 0; digit < timeDigits; digit += 1) {
    text = digits.charAt(rest % 32) + text;
    rest = Math.floor(rest / 32);
  }
  return text;
}

/** Where the parts of a large value are. */
export interface PartsPlace {
  readonly transactionId: string;
  /** Tells the large values of one transaction apart. */
  readonly slot: number;
  readonly count: number;
}

/**
 * @returns the version of a value that a transaction wrote. The place of its parts is in it: a reader finds them without another
 * attribute, and whoever replaces the value at this version knows what becomes garbage
 */
export function versionOf({ transactionId, slot, count }: PartsPlace): string {
  return count === 0 ? transactionId : `${transactionId}.${slot}.${count}`;
}

/** @returns the place of the parts of the value that has this version; no parts for a version that is not ours */
export function partsOf(version: string): PartsPlace {
  const [, transactionId = "", slot = "0", count = "0"] = versionPattern.exec(version) ?? [];
  return { transactionId, slot: Number(slot), count: Number(count) };
}
