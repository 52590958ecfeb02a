/** Runs in the thread of a function: loads its module once, then answers invocations one after the other. */
import { registerHooks } from "node:module";
import { fileURLToPath, pathToFileURL } from "node:url";
import { parentPort, workerData } from "node:worker_threads";
import { errorPayload, failurePayload } from "./error-payload.ts";
import { fileStamp } from "./file-stamp.ts";
import { callHandler, type FunctionContext, type Handler } from "./handler-call.ts";
import type { Invocation, WorkerMessage, WorkerStart } from "./worker-messages.ts";

const start = workerData as WorkerStart;
const port = parentPort;
if (port === null) throw new Error("worker-main.ts runs in a worker thread only");
const post = (message: WorkerMessage): void => port.postMessage(message);

// The stamp is taken before the file is read: a change in between makes the thread stale, never the other way round.
registerHooks({
  load(url, context, nextLoad) {
    if (url.startsWith("file:") && !url.includes("/node_modules/")) {
      const path = fileURLToPath(url);
      post({ kind: "loaded", file: { path, stamp: fileStamp(path) } });
    }
    return nextLoad(url, context);
  },
});

async function loadHandler(): Promise<Handler | undefined> {
  const module = (await import(pathToFileURL(start.file).href)) as {
    handler?: unknown;
    default?: { handler?: unknown };
  };
  const handler = module.handler ?? module.default?.handler;
  return typeof handler === "function" ? (handler as Handler) : undefined;
}

async function run(handler: Handler, invocation: Invocation): Promise<{ payload: string; failed: boolean }> {
  try {
    const result = await callHandler(handler, JSON.parse(invocation.payload), contextOf(invocation));
    const payload = JSON.stringify(result) ?? "null";
    const size = Buffer.byteLength(payload);
    if (size <= start.maxResponseBytes) return { payload, failed: false };
    const message = `Response payload size (${size} bytes) exceeded maximum allowed payload size (${start.maxResponseBytes} bytes).`;
    return { payload: failurePayload("Function.ResponseSizeTooLarge", message), failed: true };
  } catch (error) {
    return { payload: errorPayload(error), failed: true };
  }
}

function contextOf({ functionArn, requestId, timeoutMs }: Invocation): FunctionContext {
  const deadline = Date.now() + timeoutMs;
  return {
    functionName: start.functionName,
    functionVersion: "$LATEST",
    invokedFunctionArn: functionArn,
    memoryLimitInMB: String(start.memoryMb),
    awsRequestId: requestId,
    logGroupName: `/aws/lambda/${start.functionName}`,
    logStreamName: `local/[$LATEST]${process.pid}`,
    callbackWaitsForEmptyEventLoop: true,
    getRemainingTimeInMillis: () => Math.max(0, deadline - Date.now()),
  };
}

try {
  const handler = await loadHandler();
  if (handler === undefined) {
    post({
      kind: "broken",
      error: failurePayload("Runtime.HandlerNotFound", "the module exports no function `handler`"),
    });
  } else {
    port.on("message", (invocation: Invocation) => {
      // `run` gives every failure as an outcome; what is thrown beyond it ends the thread, and that is reported too.
      void run(handler, invocation).then((outcome) => {
        post({ kind: "result", requestId: invocation.requestId, ...outcome });
      });
    });
    post({ kind: "ready" });
  }
} catch (error) {
  post({ kind: "broken", error: errorPayload(error) });
}
