import middy, { type MiddyfiedHandler, type PluginExecutionMode } from "@middy/core";
import type { EventReading } from "./events/event-request.ts";
import { type FunctionUrlEvent, readFunctionUrlEvent } from "./events/function-url-event.ts";
import { StreamedOutput, type StreamedResponse } from "./events/streamed-output.ts";
import type { InvocationContext } from "./invocation-context.ts";
import { logFailure } from "./log-failure.ts";
import { type Answering, answerUnread, type Router } from "./router.ts";
import { streamingMode } from "./streaming-mode.ts";

/**
 * @param reading how requests are read from events
 * @returns the handler of a function URL with response streaming; where it is made, the runtime's `awslambda` has to be there
 */
export function streamingHandler(
  router: Router,
  reading: EventReading,
): MiddyfiedHandler<FunctionUrlEvent, StreamedResponse> {
  const answers = new WeakMap<FunctionUrlEvent, { readonly answering: Answering; readonly output: StreamedOutput }>();

  const onRequest = async (event: FunctionUrlEvent, context: InvocationContext): Promise<StreamedResponse> => {
    const output = new StreamedOutput();
    const request = readFunctionUrlEvent(event, reading);
    if (typeof request === "string") answerUnread(output, request);
    else {
      const answering = await router.answer(request, output, context);
      answers.set(event, { answering, output });
    }
    return output.begun;
  };
  /** After the last byte of the response: the client does not wait for its record, the invocation does. */
  const onResponseEnd = async (request: { event: unknown }): Promise<void> => {
    const answer = answers.get(request.event as FunctionUrlEvent);
    if (answer === undefined) return;
    await answer.answering.ended;
    const { tooLarge } = answer.output;
    if (tooLarge !== undefined) answer.answering.reject(tooLarge === "broken-off");
    await answer.answering.finish();
  };
  return middy(onRequest, {
    executionMode: streamingMode as unknown as PluginExecutionMode,
    requestEnd: onResponseEnd,
  }).use(logFailure());
}
