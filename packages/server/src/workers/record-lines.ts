import { type RecordQuery, wantedBy } from "../live-records/record-query.ts";
import type { RecentRequests } from "../recent-records.ts";

/** An access record on its way from the worker that has it. */
export interface RecordLine {
  /** When it came, by the machine's monotonic clock. */
  readonly at: number;
  readonly json: string;
}

/** Records of a worker for one reader. */
export interface RecordBatch {
  readonly lines: readonly RecordLine[];
  /** So many are missing after them: they came faster than they could be sent. */
  readonly dropped: number;
}

/** What a worker has for one reader. */
export interface RecordSender {
  /** Sends what is there and ends. @returns when it is sent */
  close(): Promise<void>;
}

/** For so long a record may wait for others, in milliseconds. */
const batchMs = 50;
/** Characters of records that wait to be sent; what comes beyond is dropped, and counted. */
const maxWaiting = 1024 * 1024;

/** @returns the last records that are asked for, oldest first, as far as they have `maxCharacters` together */
export function lastLines(
  recent: Pick<RecentRequests, "last">,
  query: RecordQuery,
  maxCharacters: number,
): RecordLine[] {
  const lines: RecordLine[] = [];
  let characters = 0;
  for (const { record, at } of recent.last(query.limit, wantedBy(query)).reverse()) {
    const json = JSON.stringify(record);
    characters += json.length;
    if (characters > maxCharacters) break;
    lines.push({ at, json });
  }
  return lines.reverse();
}

/** @param send resolves when the batch is out of this process, however that ended */
export function sendRecords(
  recent: Pick<RecentRequests, "follow">,
  query: RecordQuery,
  send: (batch: RecordBatch) => Promise<void>,
): RecordSender {
  const isWanted = wantedBy(query);
  let lines: RecordLine[] = [];
  let waiting = 0;
  let dropped = 0;
  let sent = Promise.resolve();
  let isScheduled = false;
  const flush = async (): Promise<void> => {
    if (lines.length === 0) return;
    const batch = { lines, dropped };
    lines = [];
    waiting = 0;
    dropped = 0;
    await send(batch);
  };
  const schedule = (): void => {
    if (isScheduled) return;
    isScheduled = true;
    setTimeout(() => {
      // One batch at a time: a process that does not read gets no heap of them.
      sent = flush().then(() => {
        isScheduled = false;
        if (lines.length > 0) schedule();
      });
    }, batchMs);
  };
  const unfollow = recent.follow(({ record, at }) => {
    if (!isWanted(record)) return;
    const json = JSON.stringify(record);
    if (waiting + json.length > maxWaiting) dropped += 1;
    else {
      waiting += json.length;
      lines.push({ at, json });
    }
    schedule();
  });
  return {
    async close() {
      unfollow();
      await sent;
      await flush();
    },
  };
}
