import middy, { type MiddyfiedHandler } from "@middy/core";
import { openExchange } from "./credential-exchange-ports.ts";
import type { FunctionUrlEvent } from "./events/function-url-event.ts";
import type { UrlResult } from "./events/url-result.ts";
import type { InvocationContext } from "./invocation-context.ts";
import { logFailure } from "./log-failure.ts";

const answer = openExchange(process.env);

/** What is left of the invocation's time for the answer itself, in milliseconds. */
const reserve = 500;

async function onRequest(event: FunctionUrlEvent, context: InvocationContext): Promise<UrlResult> {
  const milliseconds = Math.max(1, context.getRemainingTimeInMillis() - reserve);
  return answer(event, AbortSignal.timeout(milliseconds));
}

/** The credential exchange behind a function URL without authorization: the proof is in the body. */
export const handler: MiddyfiedHandler<FunctionUrlEvent, UrlResult> = middy(onRequest).use(logFailure());
