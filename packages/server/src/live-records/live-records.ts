import type { RecentRequests } from "../recent-records.ts";
import { type RecordQuery, wantedBy } from "./record-query.ts";

/** Gets records as JSON. Nothing waits for it. */
export interface RecordReader {
  /** Called once, before all else. @param past what there is already, oldest first, written when it is read */
  begin(past: Iterable<string>): void;
  add(json: string): void;
  /** So many records are missing at this place. */
  lose(count: number): void;
  /** Nothing comes any more. */
  end(): void;
}

/** The last records and those to come, wherever they are. */
export interface LiveRecords {
  /** @returns a function that ends it, for a reader that has left */
  read(query: RecordQuery, reader: RecordReader): () => void;
}

/** Those of this process. */
export function liveRecordsOf(recent: Pick<RecentRequests, "last" | "follow">): LiveRecords {
  return {
    read(query, reader) {
      const isWanted = wantedBy(query);
      reader.begin(
        recent
          .last(query.limit, isWanted)
          .values()
          .map(({ record }) => JSON.stringify(record)),
      );
      if (query.follow)
        return recent.follow(({ record }) => {
          if (isWanted(record)) reader.add(JSON.stringify(record));
        });
      reader.end();
      return () => undefined;
    },
  };
}
