import middy, { type MiddyfiedHandler } from "@middy/core";
import { answerBuffered } from "./answer-buffered.ts";
import { type FunctionUrlEvent, readFunctionUrlEvent } from "./events/function-url-event.ts";
import { maxUrlBody, type UrlResult, urlResult } from "./events/url-result.ts";
import type { InvocationContext } from "./invocation-context.ts";
import { logFailure } from "./log-failure.ts";
import { openRouter } from "./open-router.ts";

const { router, reading } = await openRouter(process.env);

async function onRequest(event: FunctionUrlEvent, context: InvocationContext): Promise<UrlResult> {
  const request = readFunctionUrlEvent(event, reading);
  return answerBuffered(router, request, { maxBody: maxUrlBody, toResult: urlResult }, context);
}

/** The router behind a function URL that waits for the whole response. */
export const handler: MiddyfiedHandler<FunctionUrlEvent, UrlResult> = middy(onRequest).use(logFailure());
