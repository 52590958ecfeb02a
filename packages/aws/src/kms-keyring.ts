import { randomBytes } from "node:crypto";
import type { KMSClient } from "@aws-sdk/client-kms";
import { type Clock, type ConfigStore, type Logger, type Stored, VersionConflict } from "@pergola/core";
import type { AwsConnection } from "./aws-connection.ts";
import { decryptRing, encryptRing, isKeyringItem, type RingKey } from "./kms-keyring-item.ts";
import { type KeyWrapping, kmsWrapping } from "./kms-keyring-wrapping.ts";

export interface KmsKeyringOptions {
  /** Either a client, which stays the caller's to destroy, or how to make one. */
  readonly kms: KMSClient | AwsConnection;
  /** Id, ARN or alias of a symmetric KMS key. */
  readonly keyId: string;
  readonly store: Pick<ConfigStore, "get">;
  /** The same store, where this process makes keys (the exchange); others only read them, and need `kms:Decrypt` alone. */
  readonly writer?: Pick<ConfigStore, "transact"> | undefined;
  readonly clock: Clock;
  readonly logger: Pick<Logger, "info" | "warn">;
  /** What the ring is for; default `session`. */
  readonly name?: string;
  readonly times?: Partial<KeyringTimes>;
}

/** All in milliseconds. */
export interface KeyringTimes {
  /** Age of the newest key at which a new one is made; default a day. */
  readonly rotateAfterMs: number;
  /** Age at which a key goes, at a rotation; default 3 days: longer than `rotateAfterMs` plus the life of anything sealed. */
  readonly keepMs: number;
  /** How long a process goes on with what it has read; default a minute. */
  readonly cacheMs: number;
  /** How long a new key is only known before it seals: every reader has to have read it by then; default 10 minutes. */
  readonly settleMs: number;
}

const day = 86_400_000;
const defaultTimes: KeyringTimes = { rotateAfterMs: day, keepMs: 3 * day, cacheMs: 60_000, settleMs: 600_000 };
/** How often to try again where there are no keys: without them every session is refused. */
const retryMs = 1_000;
/** And where some are known and there was no answer: a request waits for the try. */
const awayMs = 30_000;

/** Whoever makes the keys of a keyring has not made the first. */
export class NoKeysYet extends Error {
  override readonly name = "NoKeysYet";
}

export interface KmsKeyring {
  /** @returns the keys as last loaded, the sealing key first; undefined before there are any */
  current(): { readonly keys: readonly RingKey[] } | undefined;
  /**
   * Reads the keys where they were read too long ago, and rotates them where this process does and it is due. When the store or
   * KMS is away, the keys that are known stay in force; where the item was deleted, they do not.
   * @throws NoKeysYet when there are none; what the store or KMS says when none are known and none to be had
   */
  load(signal: AbortSignal): Promise<{ readonly keys: readonly RingKey[] }>;
  /** Closes the connections. */
  close(): Promise<void>;
}

/**
 * A keyring whose one item in the store only KMS can open. A cold start costs one read and one Decrypt, a rotation one
 * GenerateDataKey; in between, KMS is not asked.
 */
export function createKmsKeyring(options: KmsKeyringOptions): KmsKeyring {
  const { kms, keyId, store, writer, clock, logger, name = "session" } = options;
  const times = { ...defaultTimes, ...options.times };
  const wrapping = kmsWrapping(kms, keyId, name);
  const key = { owner: "keyrings", id: name };
  const ring = storedRing(wrapping, name, logger);
  let dueAt = 0;
  let loading: Promise<void> | undefined;

  const rotate = async (
    to: Pick<ConfigStore, "transact">,
    found: Stored | undefined,
    signal: AbortSignal,
  ): Promise<void> => {
    const now = clock.now();
    const kept = ring.keys().filter((one) => ageOf(one, now) < times.keepMs);
    const fresh = { id: randomBytes(4).toString("hex"), key: randomBytes(32), createdAt: now.toISOString() };
    const { plain, wrapped } = await wrapping.generate(signal);
    const value = encryptRing([fresh, ...kept], plain, wrapped, name);
    const expect = found === undefined ? "absent" : { version: found.version };
    try {
      await to.transact([{ kind: "put", key, value, expect }]);
      logger.info("a key was made", { keyring: name, id: fresh.id, kept: kept.length });
    } catch (error) {
      // Another process was first: its key is as good.
      if (!(error instanceof VersionConflict)) throw error;
    }
    await ring.take(await store.get(key, signal), signal);
  };
  const refresh = async (signal: AbortSignal): Promise<void> => {
    const found = await store.get(key, signal);
    await ring.take(found, signal);
    const [newest] = ring.keys();
    const isDue = newest === undefined || ageOf(newest, clock.now()) >= times.rotateAfterMs;
    if (writer !== undefined && isDue) await rotate(writer, found, signal);
  };
  const refreshOnce = async (signal: AbortSignal): Promise<void> => {
    try {
      await refresh(signal);
      dueAt = clock.now().getTime() + (ring.keys().length === 0 ? retryMs : times.cacheMs);
    } catch (error) {
      dueAt = clock.now().getTime() + (ring.keys().length === 0 ? retryMs : awayMs);
      if (ring.keys().length === 0) throw error;
      logger.warn("keys could not be read or rotated; those that are known stay in force", { keyring: name, error });
    }
  };
  const current = () =>
    ring.keys().length === 0 ? undefined : { keys: inForce(ring.keys(), clock.now(), times.settleMs) };

  return {
    current,
    async load(signal) {
      if (ring.keys().length === 0 || clock.now().getTime() >= dueAt) {
        // One look for all who wait; its own time limit, so that one caller who leaves does not end it for the others.
        loading ??= refreshOnce(AbortSignal.timeout(refreshTimeoutMs)).finally(() => {
          loading = undefined;
        });
        await withAbort(loading, signal);
      }
      const found = current();
      if (found === undefined)
        throw new NoKeysYet(`the keyring \`${name}\` has no keys yet: ${maker(name)} makes the first`);
      return found;
    },
    close: wrapping.close,
  };
}

const refreshTimeoutMs = 10_000;

/** @returns the keys of the item as last taken */
function storedRing(wrapping: KeyWrapping, name: string, logger: KmsKeyringOptions["logger"]) {
  let keys: readonly RingKey[] = [];
  let version: string | undefined;
  // Somebody has deleted the item, e.g. since a key got out: what these keys have sealed ends with it.
  const forget = (): void => {
    if (keys.length > 0)
      logger.warn("the stored keys are gone: those that were known are no longer in force", { keyring: name });
    keys = [];
    version = undefined;
  };
  return {
    keys: () => keys,
    /** @throws where the item cannot be opened; the keys stay then */
    async take(found: Stored | undefined, signal: AbortSignal): Promise<void> {
      if (found === undefined) return forget();
      if (found.version === version) return;
      if (!isKeyringItem(found.value)) throw new Error(`the stored keyring \`${name}\` has no form that is known`);
      const dataKey = await wrapping.unwrap(Buffer.from(found.value.wrappedKey, "base64"), signal);
      keys = decryptRing(found.value, dataKey, name);
      version = found.version;
    },
  };
}

function maker(name: string): string {
  return name === "session" ? "the credential exchange" : "whatever seals with it";
}

function ageOf({ createdAt }: RingKey, now: Date): number {
  return now.getTime() - Date.parse(createdAt);
}

/** The newest key that every reader knows by now seals; where there is none, as at the very beginning, the oldest does. */
function inForce(keys: readonly RingKey[], now: Date, settleMs: number): readonly RingKey[] {
  const sealing = keys.find((one) => ageOf(one, now) >= settleMs) ?? keys.at(-1);
  return sealing === undefined || sealing === keys[0] ? keys : [sealing, ...keys.filter((one) => one !== sealing)];
}

async function withAbort(work: Promise<void>, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  const { promise, reject } = Promise.withResolvers<never>();
  const onAbort = (): void => reject(signal.reason);
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    await Promise.race([work, promise]);
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}
