import { setTimeout as sleep } from "node:timers/promises";
import { LatticeError, VersionConflict } from "@pergola/core";

/** Another process may win a race again and again; after so many lost ones the caller is asked to come back. */
const maxAttempts = 50;
/** Or after so long, in milliseconds: below the timeout of the function that the API is on Lambda. */
const patienceMs = 40_000;
/** The longest pause between two attempts: as long as so many rivals take one after the other, and in milliseconds. */
const longestPause = { attempts: 64, ms: 5_000 };

/**
 * Makes attempts until one loses no race.
 * @throws LatticeError ThrottlingException when they lose again and again; whatever else an attempt throws
 */
export async function attemptAgain<T>(attempt: () => Promise<T>): Promise<T> {
  const end = performance.now() + patienceMs;
  for (let lost = 1; lost <= maxAttempts; lost += 1) {
    const start = performance.now();
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof VersionConflict)) throw error;
    }
    const now = performance.now();
    if (now >= end) break;
    await sleep(Math.min(raceWindow(lost, now - start) * Math.random(), end - now));
  }
  throw new LatticeError("ThrottlingException", "too many concurrent changes of the same resource; try again");
}

/**
 * Pauses that are short beside an attempt would leave all rivals in the same race again: fifty writers of one item then take fifty
 * attempts each, with these four or five.
 * @param took the attempt, in milliseconds
 * @returns milliseconds from which a pause is taken at random
 */
function raceWindow(lost: number, took: number): number {
  return Math.min(longestPause.ms, took * Math.min(longestPause.attempts, 2 ** lost));
}
