import type { LiveRecords } from "../live-records/live-records.ts";
import { MergedRecords } from "./merged-records.ts";
import type { RecordLine } from "./record-lines.ts";
import type { RecordListener, WorkerProcess } from "./worker-process.ts";

type FollowedWorker = Pick<WorkerProcess, "follow" | "ended">;

/** The records of all workers: of those to come, too. */
export interface RecordsOfWorkers extends LiveRecords {
  /** A worker is new. */
  join(worker: FollowedWorker): void;
}

/** A reader waits so long, in milliseconds, for what a worker has of the past. */
const pastMs = 2_000;

/** The records of workers as one stream for each reader, which goes on when workers end and others take their places. */
export function recordsOfWorkers(): RecordsOfWorkers {
  const workers = new Set<FollowedWorker>();
  const readers = new Set<(worker: FollowedWorker) => void>();
  return {
    join(worker) {
      workers.add(worker);
      void worker.ended.then(() => workers.delete(worker));
      for (const join of readers) join(worker);
    },
    read(query, reader) {
      const merged = new MergedRecords(reader);
      const stops = new Set<() => void>();
      const follow: Follow = (worker, past) => {
        const stop = worker.follow(query, { past, batch: (batch) => merged.add(batch) });
        stops.add(stop);
        void worker.ended.then(() => stops.delete(stop));
      };
      const join = (worker: FollowedWorker): void => follow(worker, (lines) => merged.add({ lines, dropped: 0 }));
      if (query.follow) readers.add(join);
      let isOver = false;
      void pastOf(workers, follow).then((past) => {
        if (isOver) return;
        merged.begin(past, query.limit);
        if (!query.follow) merged.end();
      });
      return () => {
        isOver = true;
        readers.delete(join);
        merged.close();
        for (const stop of stops) stop();
      };
    },
  };
}

type Follow = (worker: FollowedWorker, past: RecordListener["past"]) => void;

/** @returns what each worker has, without those that do not answer in time */
async function pastOf(workers: Iterable<FollowedWorker>, follow: Follow): Promise<RecordLine[]> {
  const past: RecordLine[] = [];
  const each = [...workers].map((worker) => {
    const { promise, resolve } = Promise.withResolvers<void>();
    follow(worker, (lines) => {
      for (const line of lines) past.push(line);
      resolve();
    });
    return promise;
  });
  const late = Promise.withResolvers<void>();
  const timer = setTimeout(late.resolve, pastMs);
  await Promise.race([Promise.all(each), late.promise]);
  clearTimeout(timer);
  return past;
}
