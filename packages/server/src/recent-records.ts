import type { AccessRecord } from "@pergola/core";
import type { RecentRecords } from "@pergola/data-plane";

/** The records of the last requests. */
export interface RecentRequests extends RecentRecords {
  /** @returns the newest record of this id that `isVisible`: clients may choose ids, so one can come twice */
  find(requestId: string, isVisible: (record: AccessRecord) => boolean): RecentRequest | undefined;
  /** @returns the newest `limit` records that are wanted, oldest first */
  last(limit: number, isWanted: (record: AccessRecord) => boolean): TimedRecord[];
  /**
   * @param listener hears of each record from now on; it must neither block nor throw
   * @returns a function that ends this
   */
  follow(listener: (timed: TimedRecord) => void): () => void;
}

export interface TimedRecord {
  readonly record: AccessRecord;
  /** When it came, in milliseconds of the machine's monotonic clock, which all of its processes share. */
  readonly at: number;
}

/** Those that have an id, the newest first: `isVisible` cannot be asked in another process. */
export interface RecentRequestList extends RecentRequests {
  /** @param max how many at most */
  all(requestId: string, max: number): readonly RecentRequest[];
}

export interface RecentRequest {
  readonly record: AccessRecord;
  readonly listenerPort: number;
}

/** What the machine's monotonic clock is ahead of this process's own. */
const clockOffset = Number(process.hrtime.bigint()) / 1e6 - performance.now();

/**
 * Keeps the last records by reference. A request costs a few stores into arrays that are there already; whoever asks for one
 * pays with a walk over all of them.
 * @param maxRecords how many are kept
 * @param maxCharacters bound on the text that requests bring along: without it, clients with long paths would fill the memory
 */
export function createRecentRequests(maxRecords = 10_000, maxCharacters = 16 * 1024 * 1024): RecentRequestList {
  const records = new Array<AccessRecord | undefined>(maxRecords).fill(undefined);
  const listenerPorts = new Uint16Array(maxRecords);
  const sizes = new Uint32Array(maxRecords);
  const times = new Float64Array(maxRecords);
  // INVARIANT: the `count` slots from `oldest` on, wrapping, hold records; `characters` is the sum of their sizes.
  const followers = new Set<(timed: TimedRecord) => void>();
  let oldest = 0;
  let count = 0;
  let characters = 0;
  const dropOldest = (): void => {
    records[oldest] = undefined;
    characters -= sizes[oldest] ?? 0;
    oldest = (oldest + 1) % maxRecords;
    count -= 1;
  };
  const all = function* (requestId: string): Generator<RecentRequest> {
    for (let back = count - 1; back >= 0; back -= 1) {
      const at = (oldest + back) % maxRecords;
      const record = records[at];
      if (record?.requestId === requestId) yield { record, listenerPort: listenerPorts[at] ?? 0 };
    }
  };
  return {
    add(record, listenerPort, targetLength) {
      const size = targetLength + record.userAgent.length + record.hostHeader.length + record.requestId.length;
      while (count > 0 && (count === maxRecords || characters + size > maxCharacters)) dropOldest();
      const at = (oldest + count) % maxRecords;
      records[at] = record;
      listenerPorts[at] = listenerPort;
      sizes[at] = size;
      const now = performance.now() + clockOffset;
      times[at] = now;
      characters += size;
      count += 1;
      if (followers.size > 0) for (const follower of followers) follower({ record, at: now });
    },
    find: (requestId, isVisible) => all(requestId).find(({ record }) => isVisible(record)),
    all: (requestId, max) => all(requestId).take(max).toArray(),
    last(limit, isWanted) {
      const found: TimedRecord[] = [];
      for (let back = count - 1; back >= 0 && found.length < limit; back -= 1) {
        const at = (oldest + back) % maxRecords;
        const record = records[at];
        if (record !== undefined && isWanted(record)) found.push({ record, at: times[at] ?? 0 });
      }
      return found.reverse();
    },
    follow(listener) {
      followers.add(listener);
      return () => void followers.delete(listener);
    },
  };
}
