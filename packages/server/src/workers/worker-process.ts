import cluster from "node:cluster";
import type { Key } from "@pergola/core";
import type { TicketKeys } from "@pergola/data-plane";
import type { RecordQuery } from "../live-records/record-query.ts";
import type { Counted } from "./kept-counters.ts";
import type { FromWorker, Question, ToWorker, WorkerStart } from "./messages.ts";
import type { RecordBatch, RecordLine } from "./record-lines.ts";

/** A worker as the main process sees it. */
export interface WorkerProcess {
  readonly slot: number;
  readonly pid: number | undefined;
  readonly startedAt: number;
  /** Resolves when it listens. @throws Error when it ends before, with what it said */
  readonly ready: Promise<void>;
  /** How it ended: `code 1`, `signal SIGKILL`; undefined for an end in good order. */
  readonly ended: Promise<string | undefined>;
  /** Resolves when nothing comes from it any more: later than its end can be what it has sent before. @returns its last numbers */
  readonly silent: Promise<Counted>;
  /** Tells it of changed keys of the store. */
  tell(keys: readonly Key[]): void;
  /** Resolves when all that it was told until the call is in force there, or it has ended. */
  settled(): Promise<void>;
  /** @returns its answer, or undefined when there is none within two seconds */
  ask<T>(question: Question): Promise<T | undefined>;
  /** @returns a function that ends it */
  follow(query: RecordQuery, listener: RecordListener): () => void;
  /**
   * Has it stop accepting, finish and end.
   * @param deadlineMs how long requests in flight may take
   * @param restMs for how long connections at rest may bring one more request
   */
  drain(deadlineMs: number, restMs: number): void;
  kill(): void;
}

/** Hears of the records of a worker. */
export interface RecordListener {
  /** Called when it has answered, and with nothing when it has ended. */
  past(lines: readonly RecordLine[]): void;
  batch(batch: RecordBatch): void;
}

/** What a worker has for an answer, in milliseconds. */
const answerMs = 2_000;

/** Starts a worker. Its errors show as its end. */
export function forkWorker(start: Omit<WorkerStart, "kind" | "ticketKey">, ticketKeys: TicketKeys): WorkerProcess {
  return new ForkedWorker(start, ticketKeys);
}

class ForkedWorker implements WorkerProcess {
  readonly slot: number;
  readonly startedAt = performance.now();
  readonly #start: Omit<WorkerStart, "kind" | "ticketKey">;
  readonly #ticketKeys: TicketKeys;
  readonly #worker = cluster.fork();
  readonly #ready = Promise.withResolvers<void>();
  readonly #ended = Promise.withResolvers<string | undefined>();
  readonly #silent = Promise.withResolvers<Counted>();
  readonly #unsettled = new Set<{ readonly sequence: number; readonly resolve: () => void }>();
  readonly #answers = new Map<number, (value: unknown) => void>();
  readonly #followed = new Map<number, { readonly query: RecordQuery; readonly listener: RecordListener }>();
  #isUp = false;
  #isGone = false;
  #failure: string | undefined;
  #counted: Counted = {};
  #forgetKeys: (() => void) | undefined;
  #told = 0;
  #settled = 0;
  #asked = 0;

  constructor(start: Omit<WorkerStart, "kind" | "ticketKey">, ticketKeys: TicketKeys) {
    this.slot = start.slot;
    this.#start = start;
    this.#ticketKeys = ticketKeys;
    // Whoever waits for it hears of it, and there may be nobody.
    this.#ready.promise.catch(() => undefined);
    this.#worker.on("error", (error) => {
      this.#failure ??= error.message;
    });
    this.#worker.on("message", (message: FromWorker) => this.#hear(message));
    this.#worker.once("disconnect", () => this.#onSilence());
    this.#worker.once("exit", (code, signal) => this.#onExit(code, signal));
  }

  get pid(): number | undefined {
    return this.#worker.process.pid;
  }

  get ready(): Promise<void> {
    return this.#ready.promise;
  }

  get ended(): Promise<string | undefined> {
    return this.#ended.promise;
  }

  get silent(): Promise<Counted> {
    return this.#silent.promise;
  }

  tell(keys: readonly Key[]): void {
    // A worker that has not been told to start reads the store later.
    if (!this.#isUp || this.#isGone) return;
    this.#told += 1;
    this.#send({ kind: "changed", sequence: this.#told, keys });
  }

  settled(): Promise<void> {
    if (this.#isGone || this.#settled >= this.#told) return Promise.resolve();
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#unsettled.add({ sequence: this.#told, resolve });
    return promise;
  }

  async ask<T>(question: Question): Promise<T | undefined> {
    if (!this.#isUp || this.#isGone) return undefined;
    this.#asked += 1;
    const id = this.#asked;
    const { promise, resolve } = Promise.withResolvers<unknown>();
    const timer = setTimeout(resolve, answerMs, undefined);
    this.#answers.set(id, resolve);
    this.#send({ kind: "ask", id, question });
    const answer = await promise;
    clearTimeout(timer);
    this.#answers.delete(id);
    return answer as T | undefined;
  }

  follow(query: RecordQuery, listener: RecordListener): () => void {
    if (this.#isGone) {
      listener.past([]);
      return () => undefined;
    }
    this.#asked += 1;
    const id = this.#asked;
    this.#followed.set(id, { query, listener });
    if (this.#isUp) this.#send({ kind: "follow", id, query });
    return () => {
      if (this.#followed.delete(id) && this.#isUp) this.#send({ kind: "unfollow", id });
    };
  }

  drain(deadlineMs: number, restMs: number): void {
    if (this.#isUp) this.#send({ kind: "drain", deadlineMs, restMs });
    else this.kill();
  }

  kill(): void {
    this.#worker.process.kill("SIGKILL");
  }

  #send(message: ToWorker): void {
    // What cannot be sent has nobody to hear it: the end of the worker follows.
    if (this.#worker.isConnected()) this.#worker.send(message, () => undefined);
  }

  #hear(message: FromWorker): void {
    if (message.kind === "up") {
      this.#isUp = true;
      this.#send({ kind: "start", ...this.#start, ticketKey: this.#ticketKeys.current });
      this.#forgetKeys = this.#ticketKeys.onChange((ticketKey) => this.#send({ kind: "ticket-key", ticketKey }));
      for (const [id, { query }] of this.#followed) this.#send({ kind: "follow", id, query });
    } else if (message.kind === "ready") this.#ready.resolve();
    else if (message.kind === "failed") this.#failure = message.message;
    else if (message.kind === "settled") this.#settle(message.sequence);
    else if (message.kind === "answer") this.#answers.get(message.id)?.(message.value);
    else if (message.kind === "counted") this.#counted = message.counted;
    else if (message.kind === "past") this.#followed.get(message.id)?.listener.past(message.lines);
    else this.#followed.get(message.id)?.listener.batch(message.batch);
  }

  #settle(sequence: number): void {
    this.#settled = sequence;
    for (const one of this.#unsettled) {
      if (one.sequence > sequence) continue;
      this.#unsettled.delete(one);
      one.resolve();
    }
  }

  #onSilence(): void {
    for (const { listener } of this.#followed.values()) listener.past([]);
    this.#followed.clear();
    this.#forgetKeys?.();
    this.#silent.resolve(this.#counted);
  }

  #onExit(code: number | null, signal: string | null): void {
    this.#isGone = true;
    const how = signal === null ? `code ${code}` : `signal ${signal}`;
    this.#ready.reject(new Error(this.#failure ?? `it ended with ${how}`));
    this.#settle(Number.POSITIVE_INFINITY);
    for (const answer of this.#answers.values()) answer(undefined);
    this.#ended.resolve(code === 0 ? undefined : how);
  }
}
