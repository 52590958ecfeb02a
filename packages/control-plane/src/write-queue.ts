import { setImmediate as turn } from "node:timers/promises";
import { type ConfigStore, VersionConflict } from "@pergola/core";
import { attemptAgain } from "./lost-races.ts";
import { type StagedStore, StageFull, stagedStore } from "./staged-store.ts";
import { maxWrites } from "./transaction.ts";

/** What one run of a write came to. */
export interface Outcome {
  readonly output: unknown;
  /** The operation has to run once more: its transaction was one of several. */
  readonly unfinished: boolean;
  /** What the next run is to know of this one. */
  readonly progress?: unknown;
}

/** Runs a write on a store, up to and with its transaction. @param progress of the run before, if there was one */
export type WriteRun = (store: ConfigStore, progress?: unknown) => Promise<Outcome>;

/**
 * Runs writes one after the other, so that those of one process never lose a race to each other, and makes those that wait at the
 * same time durable in one transaction (group commit): with 16 clients, one wait for the disk serves up to as many. Reads go to the
 * store past the queue, and see nothing before it is durable.
 */
export type WriteQueue = (run: WriteRun) => Promise<unknown>;

interface Job {
  readonly run: WriteRun;
  resolve(output: unknown): void;
  reject(error: unknown): void;
}

/** A job that has run on what is staged. */
interface Ran {
  readonly job: Job;
  readonly outcome?: Outcome;
  readonly error?: unknown;
}

/** @returns a queue of its own */
export function createWriteQueue(store: ConfigStore): WriteQueue {
  const staged = stagedStore(store, store.maxWrites ?? maxWrites);
  const waiting: Job[] = [];
  let working = false;

  const workOff = async (): Promise<void> => {
    while (waiting.length > 0) {
      // Every request that has arrived by now gets to join.
      await turn();
      const ran = await stageAll(staged, waiting);
      try {
        await staged.flush();
      } catch (failure) {
        for (const one of ran) await afterFailure(staged, one, failure);
        continue;
      }
      for (const one of ran) await afterFlush(staged, one);
    }
    working = false;
  };
  return (run) =>
    new Promise((resolve, reject) => {
      waiting.push({ run, resolve, reject });
      if (working) return;
      working = true;
      void workOff();
    });
}

/** Runs what waits, until no more can be staged. Nobody is told anything yet. */
async function stageAll(staged: StagedStore, waiting: Job[]): Promise<readonly Ran[]> {
  const ran: Ran[] = [];
  for (let job = waiting.shift(); job !== undefined; job = waiting.shift()) {
    try {
      const outcome = await job.run(staged.view);
      ran.push({ job, outcome });
      // What is left to do comes before anyone else's.
      if (outcome.unfinished) break;
    } catch (error) {
      if (error instanceof StageFull) {
        waiting.unshift(job);
        break;
      }
      ran.push({ job, error });
    }
  }
  return ran;
}

async function afterFlush(staged: StagedStore, { job, outcome, error }: Ran): Promise<void> {
  if (error instanceof VersionConflict) await runAlone(staged, job);
  else if (outcome === undefined) job.reject(error);
  else if (outcome.unfinished) await runAlone(staged, job, outcome.progress);
  else job.resolve(outcome.output);
}

/** Nothing of it has happened. Refusals may rest on what has not happened either, and so are found out again. */
async function afterFailure(staged: StagedStore, { job, outcome }: Ran, failure: unknown): Promise<void> {
  if (failure instanceof VersionConflict || outcome === undefined) await runAlone(staged, job);
  else job.reject(failure);
}

async function runAlone(staged: StagedStore, { run, resolve, reject }: Job, progress?: unknown): Promise<void> {
  try {
    let outcome = await runAgain(staged, run, progress);
    while (outcome.unfinished) outcome = await runAgain(staged, run, outcome.progress);
    resolve(outcome.output);
  } catch (error) {
    reject(error);
  }
}

/** Runs a write by itself, again as long as another process was faster. */
function runAgain(staged: StagedStore, run: WriteRun, progress: unknown): Promise<Outcome> {
  return attemptAgain(async () => {
    const outcome = await run(staged.view, progress);
    await staged.flush();
    return outcome;
  });
}
