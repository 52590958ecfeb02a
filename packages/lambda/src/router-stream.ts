import type { MiddyfiedHandler } from "@middy/core";
import type { FunctionUrlEvent } from "./events/function-url-event.ts";
import type { StreamedResponse } from "./events/streamed-output.ts";
import { openRouter } from "./open-router.ts";
import { streamingHandler } from "./streaming-handler.ts";

const { router, reading } = await openRouter(process.env);

/** The router behind a function URL with response streaming. */
export const handler: MiddyfiedHandler<FunctionUrlEvent, StreamedResponse> = streamingHandler(router, reading);
