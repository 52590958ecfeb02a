import type { Key, Logger } from "@pergola/core";
import { restartDelay } from "./restart-delay.ts";
import type { WorkerProcess } from "./worker-process.ts";

export interface WorkerSetPorts {
  /** Starts a worker in a slot. */
  readonly fork: (slot: number) => WorkerProcess;
  /** Delivers what the last worker of a slot has left. */
  readonly deliverLeft: (slot: number) => Promise<void>;
  readonly logger: Logger;
}

/** The workers of this process: each slot has one at a time, which has its spool and the names of its log streams. */
export interface WorkerSet {
  /** Those that run, the ones that drain included. */
  readonly live: ReadonlySet<WorkerProcess>;
  tell(keys: readonly Key[]): void;
  /** Resolves when all that was told until the call is in force in every worker; after a second in any case. */
  settled(): Promise<void>;
  /** Puts a new worker in each one's place, one after the other. A call during another is for nothing but what began before. */
  replace(): Promise<void>;
  /** Drains all. */
  close(deadlineMs: number): Promise<void>;
}

/** For how long the answer to a change waits for workers, in milliseconds: one that hangs must not stop the control plane. */
const settleMs = 1_000;
/** Clients have this long, in milliseconds, to bring the next request on a connection to a worker that is replaced. */
const restMs = 3_000;
/** The same at the end of Pergola, when there is nowhere else to go. */
const lastRestMs = 500;
const drainMs = 30_000;
/** Beyond what requests may take: for access logs and whatever else has to end. Milliseconds. */
const graceMs = 15_000;

/** Starts the workers and keeps them running. @throws Error when one of them cannot start; none is left running then */
export async function openWorkerSet(ports: WorkerSetPorts, count: number): Promise<WorkerSet> {
  const set = new Workers(ports);
  try {
    await set.start(count);
    return set;
  } catch (error) {
    await set.close(0);
    throw error;
  }
}

class Workers implements WorkerSet {
  readonly live = new Set<WorkerProcess>();
  readonly #ports: WorkerSetPorts;
  /** Those that accept, by slot. */
  readonly #serving = new Map<number, WorkerProcess>();
  /** Slots that a worker, or a restart that is to come, or the delivery of what a worker left has. */
  readonly #taken = new Set<number>();
  readonly #restarts = new Set<NodeJS.Timeout>();
  #replacing: Promise<void> | undefined;
  #isStarted = false;
  #isClosing = false;

  constructor(ports: WorkerSetPorts) {
    this.#ports = ports;
  }

  async start(count: number): Promise<void> {
    const slots = Array.from({ length: count }, (_, index) => index + 1);
    await Promise.all(slots.map((slot) => this.#launch(slot, 0).ready));
    this.#isStarted = true;
  }

  tell(keys: readonly Key[]): void {
    for (const worker of this.live) worker.tell(keys);
  }

  async settled(): Promise<void> {
    const late = Promise.withResolvers<void>();
    const waitedFor = new Set(this.live);
    const timer = setTimeout(() => {
      for (const { slot } of waitedFor)
        this.#ports.logger.warn("a worker has not confirmed a change", { worker: slot });
      late.resolve();
    }, settleMs);
    const each = [...this.live].map(async (worker) => {
      await worker.settled();
      waitedFor.delete(worker);
    });
    await Promise.race([Promise.all(each), late.promise]);
    clearTimeout(timer);
  }

  replace(): Promise<void> {
    this.#replacing ??= this.#replaceAll().finally(() => {
      this.#replacing = undefined;
    });
    return this.#replacing;
  }

  async close(deadlineMs: number): Promise<void> {
    this.#isClosing = true;
    for (const timer of this.#restarts) clearTimeout(timer);
    await Promise.all([...this.live].map((worker) => this.#end(worker, deadlineMs, lastRestMs)));
  }

  #launch(slot: number, lastDelay: number): WorkerProcess {
    const worker = this.#ports.fork(slot);
    this.live.add(worker);
    this.#taken.add(slot);
    this.#serving.set(slot, worker);
    void worker.ended.then((how) => this.#onEnd(worker, how, lastDelay));
    return worker;
  }

  #onEnd(worker: WorkerProcess, how: string | undefined, lastDelay: number): void {
    const { slot, startedAt } = worker;
    this.live.delete(worker);
    const wasServing = this.#serving.get(slot) === worker;
    if (wasServing) this.#serving.delete(slot);
    if (this.#isClosing) return;
    if (wasServing && this.#isStarted) this.#restart(slot, how, performance.now() - startedAt, lastDelay);
    else void this.#leave(slot, how);
  }

  #restart(slot: number, how: string | undefined, livedMs: number, lastDelay: number): void {
    const { logger } = this.#ports;
    const delay = restartDelay(livedMs, lastDelay);
    logger.error("a worker has ended; another takes its place", { worker: slot, with: how ?? "code 0", inMs: delay });
    const timer = setTimeout(() => {
      this.#restarts.delete(timer);
      this.#launch(slot, delay).ready.then(
        () => logger.info("a worker is back", { worker: slot }),
        // Its end says when the next one comes.
        (error: Error) => logger.error("a worker could not start", { worker: slot, reason: error.message }),
      );
    }, delay);
    this.#restarts.add(timer);
  }

  /** A slot without a successor: what was not delivered in good order is delivered here. */
  async #leave(slot: number, how: string | undefined): Promise<void> {
    if (how !== undefined) await this.#ports.deliverLeft(slot);
    this.#taken.delete(slot);
  }

  async #replaceAll(): Promise<void> {
    const { logger } = this.#ports;
    for (const old of [...this.#serving.values()]) {
      if (this.#isClosing) return;
      // One that has crashed meanwhile has a successor as new as can be.
      if (this.#serving.get(old.slot) !== old) continue;
      const slot = this.#freeSlot();
      const fresh = this.#launch(slot, 0);
      try {
        await fresh.ready;
      } catch (error) {
        logger.error("workers are not replaced: a new one could not start", { reason: (error as Error).message });
        return;
      }
      if (this.#serving.get(old.slot) === old) this.#serving.delete(old.slot);
      logger.info("a worker is replaced", { worker: old.slot, by: slot });
      await this.#end(old, drainMs, restMs);
    }
  }

  #freeSlot(): number {
    let slot = 1;
    while (this.#taken.has(slot)) slot += 1;
    return slot;
  }

  async #end(worker: WorkerProcess, deadlineMs: number, rest: number): Promise<void> {
    worker.drain(deadlineMs, rest);
    const timer = setTimeout(() => {
      this.#ports.logger.error("a worker does not end and is killed", { worker: worker.slot });
      worker.kill();
    }, deadlineMs + graceMs);
    await worker.ended;
    clearTimeout(timer);
  }
}
