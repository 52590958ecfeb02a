import cluster from "node:cluster";
import { createConsoleLogger } from "../console-logger.ts";
import { withDetails } from "./logger-with-details.ts";
import type { FromWorker, ToWorker, WorkerStart } from "./messages.ts";
import { type RunningWorker, runWorker } from "./run-worker.ts";

/** When the main process is gone, what is in flight has this long, in milliseconds: a successor of it waits for the spool. */
const orphanDeadlineMs = 500;

let worker: RunningWorker | undefined;
/** INVARIANT (in their order): a change is confirmed after every change before it. */
let confirmed = Promise.resolve();

// The main process says when to end: a terminal sends these to all.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => undefined);

process.on("message", (message: ToWorker) => {
  if (message.kind === "start") start(message);
  else if (message.kind === "changed") confirm(message.sequence, worker?.change(message.keys));
  else if (message.kind === "ask") void answer(message);
  else if (message.kind === "follow") follow(message);
  else if (message.kind === "unfollow") worker?.unfollow(message.id);
  else if (message.kind === "ticket-key") worker?.setTicketKey(message.ticketKey);
  else void end(message.deadlineMs, message.restMs);
});
cluster.worker?.once("disconnect", () => {
  const own = cluster.worker;
  // Otherwise Node ends the process at once.
  if (own !== undefined) own.exitedAfterDisconnect = true;
  void end(orphanDeadlineMs, 0);
});
send({ kind: "up" });

function start(message: WorkerStart): void {
  const logger = withDetails(createConsoleLogger(message.settings.logLevel), { worker: message.slot });
  worker = runWorker(message, logger);
  worker.ready.then(
    () => send({ kind: "ready" }),
    async (error: Error) => {
      send({ kind: "failed", message: error.message });
      await end(0, 0, 1);
    },
  );
}

function confirm(sequence: number, change: Promise<void> | undefined): void {
  confirmed = confirmed.then(async () => {
    await change;
    send({ kind: "settled", sequence });
  });
}

async function answer({ id, question }: Extract<ToWorker, { kind: "ask" }>): Promise<void> {
  send({ kind: "answer", id, value: await worker?.answer(question) });
}

function follow({ id, query }: Extract<ToWorker, { kind: "follow" }>): void {
  const lines = worker?.follow(id, query, (batch) => sent({ kind: "records", id, batch })) ?? [];
  send({ kind: "past", id, lines });
}

async function end(deadlineMs: number, restMs: number, code = 0): Promise<void> {
  const counted = await worker?.drain(deadlineMs, restMs);
  if (counted !== undefined) await sent({ kind: "counted", counted });
  process.exit(code);
}

function send(message: FromWorker): void {
  if (process.connected) process.send?.(message);
}

/** @returns when the message is out of this process; also when the main process is gone, and its readers with it */
function sent(message: FromWorker): Promise<void> {
  return new Promise((done) => {
    if (process.connected) process.send?.(message, undefined, undefined, () => done());
    else done();
  });
}
