import { type Clock, type ConfigStore, type Key, VersionConflict, type Write } from "@pergola/core";

/** The right to be the only one that does something, until a moment. */
export interface StoreLease {
  /**
   * The store as its holder writes to it: every transaction holds the condition that the lease is still this one, so that a holder
   * that was frozen past its time changes nothing.
   */
  readonly store: ConfigStore;
  /** Gives the lease back before its time. Does nothing when it has been taken over. */
  release(): Promise<void>;
}

interface LeaseItem {
  /** Epoch milliseconds. */
  readonly until: number;
}

/**
 * Takes a lease.
 * @param until epoch milliseconds from which others may take it over
 * @returns undefined while somebody else has it
 */
export async function takeLease(
  store: ConfigStore,
  key: Key,
  until: number,
  clock: Clock,
): Promise<StoreLease | undefined> {
  const held = await store.get<LeaseItem>(key);
  if (held !== undefined && held.value.until > clock.now().getTime()) return undefined;
  const expect = held === undefined ? "absent" : { version: held.version };
  try {
    await store.transact([{ kind: "put", key, value: { until }, expect, expiresAt: Math.ceil(until / 1000) + 3_600 }]);
  } catch (error) {
    if (error instanceof VersionConflict) return undefined;
    throw error;
  }
  const own = await store.get<LeaseItem>(key);
  // Taken over already: this process stood still for the whole time between the two.
  if (own === undefined || own.value.until !== until) return undefined;
  const condition: Write = { kind: "check", key, expect: { version: own.version } };
  return {
    store: { ...store, transact: (writes) => store.transact([...writes, condition]) },
    async release() {
      try {
        await store.transact([{ kind: "delete", key, expect: { version: own.version } }]);
      } catch (error) {
        if (!(error instanceof VersionConflict)) throw error;
      }
    },
  };
}
