import { LambdaInvokeError } from "@pergola/core";
import type { FunctionWorker, Outcome } from "./function-worker.ts";
import type { Invocation } from "./worker-messages.ts";

export interface FunctionPoolOptions {
  readonly start: () => FunctionWorker;
  /** Threads at once. */
  readonly maxWorkers: number;
  /** Invocations that may wait for a thread. */
  readonly maxQueued: number;
  /** How long a thread stays without work, in milliseconds. */
  readonly idleMs: number;
}

export interface FunctionPool {
  /** @throws LambdaInvokeError `throttled` when too many wait already; the signal's reason when it fires first */
  run(invocation: Invocation, signal: AbortSignal): Promise<Outcome>;
  close(): Promise<void>;
}

interface Waiting {
  readonly begin: () => void;
}

/**
 * The threads of one function. Each runs one invocation at a time, as on Lambda; the one that worked last is taken first, and
 * one whose code has changed is replaced.
 */
export function createFunctionPool({ start, maxWorkers, maxQueued, idleMs }: FunctionPoolOptions): FunctionPool {
  const idle: { worker: FunctionWorker; since: number }[] = [];
  const queue = new Set<Waiting>();
  let busy = 0;
  let closed = false;

  const drop = (worker: FunctionWorker): void => {
    // `terminate` rejects only when the thread is gone already.
    worker.terminate().catch(() => {});
  };
  const take = (): FunctionWorker => {
    for (let next = idle.pop(); next !== undefined; next = idle.pop()) {
      if (next.worker.alive && !next.worker.isStale()) return next.worker;
      drop(next.worker);
    }
    return start();
  };
  const release = (worker: FunctionWorker): void => {
    busy -= 1;
    if (worker.alive && !closed) idle.push({ worker, since: Date.now() });
    else drop(worker);
    const [next] = queue;
    if (next === undefined) return;
    queue.delete(next);
    next.begin();
  };
  const reaper = setInterval(
    () => {
      const keepFrom = Date.now() - idleMs;
      while (idle[0] !== undefined && idle[0].since < keepFrom)
        drop((idle.shift() as { worker: FunctionWorker }).worker);
    },
    Math.max(100, idleMs / 4),
  ).unref();

  return {
    run(invocation, signal) {
      return new Promise<Outcome>((done, fail) => {
        const abort = (): void => {
          queue.delete(waiting);
          fail(signal.reason);
        };
        const begin = (): void => {
          busy += 1;
          const worker = take();
          worker
            .run(invocation)
            .finally(() => {
              signal.removeEventListener("abort", abort);
              release(worker);
            })
            .then(done, fail);
        };
        const waiting: Waiting = { begin };
        if (signal.aborted) return abort();
        if (closed) return fail(new LambdaInvokeError("unavailable", "the server is shutting down"));
        if (busy >= maxWorkers && queue.size >= maxQueued) {
          return fail(new LambdaInvokeError("throttled", `${maxQueued} invocations of the function wait already`));
        }
        signal.addEventListener("abort", abort, { once: true });
        if (busy < maxWorkers) begin();
        else queue.add(waiting);
      });
    },
    async close() {
      closed = true;
      clearInterval(reaper);
      await Promise.all(idle.splice(0).map(({ worker }) => worker.terminate()));
    },
  };
}
