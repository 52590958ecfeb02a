import {
  type LambdaInvokeError,
  type LambdaInvoker,
  type LambdaResult,
  type Logger,
  monotonicNow,
} from "@pergola/core";
import type { Answer, Call, Verdict } from "../call.ts";
import type { CompiledService } from "../configuration/compile-service.ts";
import type { RoutableTarget } from "../configuration/compile-targets.ts";
import { lambdaEvent } from "./event.ts";
import { parseFunctionResponse } from "./response.ts";

/** Bytes of request body. Source: VPC Lattice user guide, "Lambda functions as targets" (6 MB), read 2026-11. */
const maxBody = 6 * 1024 * 1024;

interface LambdaForwarding {
  readonly lambda: LambdaInvoker;
  readonly logger: Logger;
}

/** Forwards to a function: the request as an event, its result as the response. */
export function forwardLambda({ lambda, logger }: LambdaForwarding): (call: Call) => Promise<Verdict> {
  return async (call) => {
    const { exchange } = call;
    if (exchange.contentLength > maxBody) return call.fail("requestTooLarge");
    const abort = new AbortController();
    exchange.watcher = { onClientGone: () => abort.abort() };
    const body = exchange.contentLength === 0 ? undefined : await readBody(call);
    if (body === "too-large") return call.fail("requestTooLarge");
    if (body === "client-gone") return "taken";
    const payload = lambdaEvent(call, body);
    call.forwardedAt = monotonicNow();
    const result = await invoke(lambda, call, payload, abort, logger);
    call.respondedAt = monotonicNow();
    if (result === undefined) return "taken";
    if ("status" in result) return result;
    return answer(call, result, logger);
  };
}

async function readBody({ exchange }: Call): Promise<Buffer | "too-large" | "client-gone"> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of exchange.openBody()) {
      chunks.push(chunk as Buffer);
      size += (chunk as Buffer).length;
      if (size > maxBody) return "too-large";
    }
  } catch {
    // The only error of a request body is a client that went away or broke the framing: the host answers and records it.
    return "client-gone";
  }
  return Buffer.concat(chunks, size);
}

/** Waits for the function as long as the service waits for any target, even when the invoker does not heed its signal. */
async function invoke(
  lambda: LambdaInvoker,
  call: Call,
  payload: string,
  abort: AbortController,
  logger: Logger,
): Promise<LambdaResult | Answer | undefined> {
  const { id } = call.target as RoutableTarget;
  const { promise: stopped, reject } = Promise.withResolvers<never>();
  const onAbort = (): void => reject(abort.signal.reason);
  abort.signal.addEventListener("abort", onAbort);
  const timer = setTimeout(() => abort.abort(timedOut), (call.service as CompiledService).idleTimeoutMs);
  try {
    return await Promise.race([lambda.invoke(id, payload, abort.signal), stopped]);
  } catch (error) {
    if (abort.signal.reason === timedOut) return call.fail("targetTimeout");
    if (call.exchange.isClientGone) return undefined;
    logger.warn("function could not be invoked", { functionArn: id, error: String(error) });
    if ((error as Partial<LambdaInvokeError>).reason === "too-large") return call.fail("requestTooLarge");
    return call.fail("functionNotRun");
  } finally {
    clearTimeout(timer);
    abort.signal.removeEventListener("abort", onAbort);
  }
}

const timedOut = new Error("the function did not answer in time");

function answer(call: Call, { functionError, payload }: LambdaResult, logger: Logger): Verdict {
  const { id } = call.target as RoutableTarget;
  if (functionError !== undefined) {
    logger.warn("function failed", { functionArn: id, functionError });
    return call.fail("functionFailed");
  }
  const response = parseFunctionResponse(payload);
  if (typeof response === "string") {
    logger.warn("function response is malformed", { functionArn: id, error: response });
    return call.fail("targetProtocol");
  }
  const { status, rawHeaders, body } = response;
  const hasBody = status !== 204 && status !== 304;
  if (hasBody) rawHeaders.push("content-length", String(body.length));
  rawHeaders.push("x-amzn-requestid", call.requestId);
  call.status = status;
  call.exchange.respond(status, rawHeaders);
  call.exchange.end(hasBody ? body : undefined);
  return "taken";
}
