import { failures } from "@pergola/data-plane";
import { BufferedOutput, type BufferedResponse } from "./events/buffered-output.ts";
import type { EventRequest } from "./events/event-request.ts";
import type { InvocationContext } from "./invocation-context.ts";
import { answerUnread, type Router } from "./router.ts";

/** How one kind of host takes a response. */
export interface ResultForm<Result> {
  /** Bytes of body above which no encoding could fit. */
  readonly maxBody: number;
  /** @returns the result, or why the host cannot take this response: the body of the 502 that it gets instead */
  readonly toResult: (response: BufferedResponse) => Result | string;
}

/**
 * Answers a request with one whole result. What is larger than the host takes is refused with a 413 or 502 that says so, instead of
 * the host's own 502 that says nothing.
 */
export async function answerBuffered<Result>(
  router: Router,
  request: EventRequest | "malformed" | "unknown-caller" | "too-large",
  { maxBody, toResult }: ResultForm<Result>,
  context: InvocationContext,
): Promise<Result> {
  const output = new BufferedOutput(maxBody);
  if (typeof request === "string") {
    answerUnread(output, request);
    return toResult(output.response() as BufferedResponse) as Result;
  }
  const answering = await router.answer(request, output, context);
  await answering.ended;
  const response = output.isTooLarge ? undefined : output.response();
  const result = output.isTooLarge
    ? `Bad Gateway: the response is larger than ${maxBody} bytes`
    : response === undefined
      ? failures.targetClosed.text
      : toResult(response);
  if (typeof result === "string") answering.reject(false);
  await answering.finish();
  if (typeof result !== "string") return result;
  const rawHeaders = ["content-type", "text/plain; charset=utf-8", "x-amzn-requestid", answering.requestId];
  return toResult({ status: 502, rawHeaders, body: Buffer.from(`${result}\n`) }) as Result;
}
