import middy, { type MiddyfiedHandler } from "@middy/core";
import { answerBuffered } from "./answer-buffered.ts";
import { type AlbEvent, hasMultiValues, readAlbEvent } from "./events/alb-event.ts";
import { type AlbResult, albResult, maxAlbBody } from "./events/alb-result.ts";
import type { InvocationContext } from "./invocation-context.ts";
import { logFailure } from "./log-failure.ts";
import { openRouter } from "./open-router.ts";

const { router, reading } = await openRouter(process.env);

async function onRequest(event: AlbEvent, context: InvocationContext): Promise<AlbResult> {
  const request = readAlbEvent(event, reading);
  const toResult = albResult(hasMultiValues(event));
  return answerBuffered(router, request, { maxBody: maxAlbBody, toResult }, context);
}

/** The router behind an Application Load Balancer. */
export const handler: MiddyfiedHandler<AlbEvent, AlbResult> = middy(onRequest).use(logFailure());
