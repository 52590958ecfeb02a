import middy, { type MiddyfiedHandler } from "@middy/core";
import type { FunctionUrlEvent } from "./events/function-url-event.ts";
import type { UrlResult } from "./events/url-result.ts";
import { logFailure } from "./log-failure.ts";
import { openApi } from "./open-api.ts";

const api = openApi(process.env);

async function onRequest(event: FunctionUrlEvent): Promise<UrlResult> {
  return api.answer(event);
}

/** The API behind a function URL with AWS_IAM. */
export const handler: MiddyfiedHandler<FunctionUrlEvent, UrlResult> = middy(onRequest).use(logFailure());
