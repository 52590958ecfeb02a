import { Worker } from "node:worker_threads";
import type { Logger } from "@pergola/core";
import { errorPayload, failurePayload } from "./error-payload.ts";
import { fileStamp } from "./file-stamp.ts";
import { followLines } from "./output-lines.ts";
import type { Invocation, WorkerMessage, WorkerStart } from "./worker-messages.ts";

export interface FunctionWorkerOptions extends WorkerStart {
  readonly region: string;
  readonly logger: Logger;
}

export interface Outcome {
  /** JSON text: the result, or the error when `failed`. */
  readonly payload: string;
  readonly failed: boolean;
}

/** One thread with one function loaded: Lambda's execution environment. */
export interface FunctionWorker {
  /** Runs one invocation; not to be called while another runs. Resolves in any case, within the time limits. */
  run(invocation: Invocation): Promise<Outcome>;
  /** False once the thread has ended or is about to. */
  readonly alive: boolean;
  /** Whether a file that the function was loaded from has changed since. */
  isStale(): boolean;
  terminate(): Promise<void>;
}

/** Lambda gives the initialisation of a function ten seconds. Source: Lambda developer guide, execution environment, read 2026-11. */
const initTimeoutMs = 10_000;
const maxTrackedFiles = 512;

/** Starts a thread; what goes wrong in it shows as the outcome of the invocation it is meant for. */
export function startFunctionWorker(options: FunctionWorkerOptions): FunctionWorker {
  const { file, functionName, memoryMb, logger } = options;
  const files = new Map<string, string>([[file, fileStamp(file)]]);
  const worker = startThread(options);

  let alive = true;
  /** Why the thread is of no use, as the payload of the invocations that meet it. */
  let fault: string | undefined;
  let current: { requestId: string; finish: (outcome: Outcome) => void } | undefined;
  let markReady: () => void = () => {};
  const ready = new Promise<void>((done) => {
    markReady = done;
  });

  const fail = (payload: string): void => {
    alive = false;
    fault ??= payload;
    current?.finish({ payload: fault, failed: true });
    markReady();
  };
  const terminate = async (): Promise<void> => {
    alive = false;
    await worker.terminate();
  };

  worker.on("message", (message: WorkerMessage) => {
    if (message.kind === "ready") markReady();
    else if (message.kind === "broken") fail(message.error);
    else if (message.kind === "loaded" && files.size < maxTrackedFiles)
      files.set(message.file.path, message.file.stamp);
    else if (message.kind === "result" && message.requestId === current?.requestId) current.finish(message);
  });
  worker.on("error", (error: Error & { code?: string }) => fail(crashPayload(error, memoryMb)));
  worker.on("exit", (code) =>
    fail(failurePayload("Runtime.ExitError", `Runtime exited with error: exit status ${code}`)),
  );

  return {
    get alive() {
      return alive;
    },
    isStale: () => [...files].some(([path, stamp]) => fileStamp(path) !== stamp),
    terminate,
    async run(invocation) {
      const outcome = new Promise<Outcome>((finish) => {
        current = { requestId: invocation.requestId, finish };
      });
      const limit = (ms: number, phase: string): NodeJS.Timeout =>
        setTimeout(() => {
          fail(timeoutPayload(invocation.requestId, phase, ms));
          terminate().catch((error: unknown) =>
            logger.error("a thread did not end", { function: functionName, error }),
          );
        }, ms);
      let timer = limit(initTimeoutMs, "Initialisation");
      try {
        await ready;
        clearTimeout(timer);
        if (fault !== undefined) return { payload: fault, failed: true };
        timer = limit(invocation.timeoutMs, "Task");
        worker.postMessage(invocation);
        return await outcome;
      } finally {
        clearTimeout(timer);
        current = undefined;
      }
    },
  };
}

function startThread(options: FunctionWorkerOptions): Worker {
  const { file, functionName, memoryMb, maxResponseBytes, logger } = options;
  const start: WorkerStart = { file, functionName, memoryMb, maxResponseBytes };
  const worker = new Worker(new URL("./worker-main.ts", import.meta.url), {
    workerData: start,
    env: environment(options),
    execArgv: [],
    stdout: true,
    stderr: true,
    resourceLimits: { maxOldGenerationSizeMb: memoryMb, maxYoungGenerationSizeMb: 16, stackSizeMb: 4 },
  });
  worker.unref();
  const print = (line: string): void => logger.info(line, { function: functionName });
  followLines(worker.stdout, print);
  followLines(worker.stderr, print);
  return worker;
}

function timeoutPayload(requestId: string, phase: string, ms: number): string {
  const text = `RequestId: ${requestId} Error: ${phase} timed out after ${(ms / 1_000).toFixed(2)} seconds`;
  return failurePayload("Sandbox.Timedout", text);
}

/** Only what a function needs: the server's own variables can hold credentials. */
function environment({ functionName, region, memoryMb }: FunctionWorkerOptions): Record<string, string> {
  const { PATH = "", TZ = "UTC", LANG = "en_US.UTF-8" } = process.env;
  return {
    PATH,
    TZ,
    LANG,
    NODE_ENV: process.env.NODE_ENV ?? "development",
    AWS_LAMBDA_FUNCTION_NAME: functionName,
    AWS_LAMBDA_FUNCTION_VERSION: "$LATEST",
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(memoryMb),
    AWS_REGION: region,
    AWS_DEFAULT_REGION: region,
  };
}

function crashPayload(error: Error & { code?: string }, memoryMb: number): string {
  if (error.code !== "ERR_WORKER_OUT_OF_MEMORY") return errorPayload(error);
  return failurePayload(
    "Runtime.OutOfMemory",
    `Runtime exited with error: more than ${memoryMb} MB of memory were needed`,
  );
}
