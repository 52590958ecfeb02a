import { createContext, Script } from "node:vm";

/** Below vitest's own timeout, so that what is told is where the work was. */
const boundMs = 15_000;

const call = new Script("work()");
const sandbox: { work?: () => unknown } = createContext({});

/**
 * Runs work and breaks it off after 15 s, also in the middle of a regular expression: how to prove without a clock that work does not
 * blow up. Give it so much that it is a matter of milliseconds, and of minutes if its time grew faster than it may: then no machine
 * is slow enough to fail the one or fast enough to pass the other.
 * @param work synchronous; may not call `withinBound` itself
 * @returns what the work returns
 * @throws what it throws; ERR_SCRIPT_EXECUTION_TIMEOUT when it is broken off
 */
export function withinBound<T>(work: () => T): T {
  sandbox.work = work;
  return call.runInContext(sandbox, { timeout: boundMs }) as T;
}
