import middy, { type MiddyfiedHandler } from "@middy/core";
import { createAwsSinks } from "@pergola/aws";
import { createJsonLogger } from "@pergola/core";
import type { InvocationContext } from "./invocation-context.ts";
import { logFailure } from "./log-failure.ts";
import { deliverMessages, type QueueMessage } from "./records/deliver-messages.ts";
import { readLambdaSettings } from "./settings.ts";

/** What is left for the answer: a message that is not named as failed would be gone. Milliseconds. */
const reserve = 2_000;

const { region, endpoint } = readLambdaSettings(process.env);
const logger = createJsonLogger();
const sinks = createAwsSinks({ region, ...(endpoint === undefined ? {} : { endpoint }) }, logger);

interface QueueEvent {
  readonly Records: readonly QueueMessage[];
}

/** What SQS delivers again. Source: Lambda developer guide, "Handling errors for an SQS event source", read 2026-11. */
interface BatchResponse {
  readonly batchItemFailures: readonly { readonly itemIdentifier: string }[];
}

async function onMessages({ Records }: QueueEvent, context: InvocationContext): Promise<BatchResponse> {
  const signal = AbortSignal.timeout(Math.max(1, context.getRemainingTimeInMillis() - reserve));
  const failed = await deliverMessages(Records, sinks, logger, signal);
  return { batchItemFailures: failed.map((itemIdentifier) => ({ itemIdentifier })) };
}

/** Access records from the queue to their destinations, with partial batch responses. */
export const handler: MiddyfiedHandler<QueueEvent, BatchResponse> = middy(onMessages).use(logFailure());
