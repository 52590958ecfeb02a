import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";

/** A key of the ring, as `@pergola/iam` takes it. */
export interface RingKey {
  /** 8 hex digits. */
  readonly id: string;
  /** 32 bytes. */
  readonly key: Buffer;
  /** ISO 8601. */
  readonly createdAt: string;
}

/** The one item that holds a ring: its keys, encrypted with a data key that only KMS can unwrap. */
export interface KeyringItem {
  readonly version: 1;
  /** The data key, wrapped by KMS; base64. */
  readonly wrappedKey: string;
  /** Nonce (12 bytes), tag (16) and the keys as JSON, AES-256-GCM; base64. */
  readonly keys: string;
}

const nonceLength = 12;
const tagLength = 16;
/** Keys of a ring at most; rotation keeps three or four. */
const maxKeys = 64;

/** @param ringName authenticated with the keys, so that one ring's item does not open as another's */
export function encryptRing(
  keys: readonly RingKey[],
  dataKey: Uint8Array,
  wrapped: Uint8Array,
  ringName: string,
): KeyringItem {
  const nonce = randomBytes(nonceLength);
  const cipher = createCipheriv("aes-256-gcm", dataKey, nonce, { authTagLength: tagLength });
  cipher.setAAD(Buffer.from(ringName));
  const plain = JSON.stringify(keys.map(({ id, key, createdAt }) => ({ id, key: key.toString("base64"), createdAt })));
  const body = Buffer.concat([cipher.update(plain, "utf8"), cipher.final()]);
  const sealed = Buffer.concat([nonce, cipher.getAuthTag(), body]);
  return { version: 1, wrappedKey: Buffer.from(wrapped).toString("base64"), keys: sealed.toString("base64") };
}

/** @returns the keys, newest first. @throws Error when the item was changed or is another ring's */
export function decryptRing(item: KeyringItem, dataKey: Uint8Array, ringName: string): readonly RingKey[] {
  const sealed = Buffer.from(item.keys, "base64");
  const bodyAt = nonceLength + tagLength;
  if (sealed.length <= bodyAt) throw new Error("the stored keyring is cut off");
  const decipher = createDecipheriv("aes-256-gcm", dataKey, sealed.subarray(0, nonceLength), {
    authTagLength: tagLength,
  });
  decipher.setAAD(Buffer.from(ringName));
  decipher.setAuthTag(sealed.subarray(nonceLength, bodyAt));
  const plain = Buffer.concat([decipher.update(sealed.subarray(bodyAt)), decipher.final()]).toString("utf8");
  const entries: unknown = JSON.parse(plain);
  if (!Array.isArray(entries) || entries.length === 0 || entries.length > maxKeys)
    throw new Error("the stored keyring has no keys");
  return entries.map(readKey);
}

function readKey(
  entry: { readonly id?: unknown; readonly key?: unknown; readonly createdAt?: unknown } | null,
): RingKey {
  const { id, key, createdAt } = entry ?? {};
  const bytes = Buffer.from(typeof key === "string" ? key : "", "base64");
  if (typeof id !== "string" || !/^[0-9a-f]{8}$/.test(id) || bytes.length !== 32)
    throw new Error("the stored keyring has a bad key");
  if (typeof createdAt !== "string" || Number.isNaN(Date.parse(createdAt)))
    throw new Error("the stored keyring has a key without a time");
  return { id, key: bytes, createdAt };
}

/** @returns whether a stored value can be an item of a ring */
export function isKeyringItem(value: unknown): value is KeyringItem {
  if (typeof value !== "object" || value === null) return false;
  const { version, wrappedKey, keys } = value as Partial<Record<keyof KeyringItem, unknown>>;
  return version === 1 && typeof wrappedKey === "string" && typeof keys === "string";
}
