import middy, { type MiddyfiedHandler, type PluginExecutionMode } from "@middy/core";
import { type FunctionUrlEvent, readFunctionUrlEvent } from "./events/function-url-event.ts";
import { StreamedOutput, type StreamedResponse } from "./events/streamed-output.ts";
import type { InvocationContext } from "./invocation-context.ts";
import { logFailure } from "./log-failure.ts";
import { openRouter } from "./open-router.ts";
import { type Answering, answerUnread } from "./router.ts";
import { streamingMode } from "./streaming-mode.ts";

const { router, reading } = openRouter(process.env);
const answers = new WeakMap<FunctionUrlEvent, Answering>();

async function onRequest(event: FunctionUrlEvent, context: InvocationContext): Promise<StreamedResponse> {
  const output = new StreamedOutput();
  const request = readFunctionUrlEvent(event, reading);
  if (typeof request === "string") answerUnread(output, request);
  else answers.set(event, await router.answer(request, output, context.getRemainingTimeInMillis()));
  return output.begun;
}

/** After the last byte of the response: the client does not wait for its record, the invocation does. */
async function onResponseEnd(request: { event: unknown }): Promise<void> {
  const answering = answers.get(request.event as FunctionUrlEvent);
  await answering?.ended;
  await answering?.finish();
}

/** The router behind a function URL with response streaming. */
export const handler: MiddyfiedHandler<FunctionUrlEvent, StreamedResponse> = middy(onRequest, {
  executionMode: streamingMode as unknown as PluginExecutionMode,
  requestEnd: onResponseEnd,
}).use(logFailure());
