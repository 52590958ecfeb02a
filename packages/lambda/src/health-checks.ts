import middy, { type MiddyfiedHandler } from "@middy/core";
import { createAwsTargetDirectory, createDynamoStore } from "@pergola/aws";
import { createJsonLogger, systemClock } from "@pergola/core";
import { runCheckRound } from "./health/check-round.ts";
import type { InvocationContext } from "./invocation-context.ts";
import { logFailure } from "./log-failure.ts";
import { readLambdaSettings } from "./settings.ts";

/** The schedule's own pace is a minute; a round that lasts longer would keep the next one out. Milliseconds. */
const longest = 58_000;
/** What is left for closing and saving. Milliseconds. */
const reserve = 8_000;

const { table, region, endpoint } = readLambdaSettings(process.env);
const connection = { region, ...(endpoint === undefined ? {} : { endpoint }) };
const logger = createJsonLogger();
const ports = {
  store: createDynamoStore({ client: connection, table, logger }),
  clock: systemClock,
  targets: createAwsTargetDirectory({ connection, clock: systemClock, logger }),
  logger,
};

async function onSchedule(_event: unknown, context: InvocationContext): Promise<{ checked: boolean }> {
  const durationMs = Math.min(longest, context.getRemainingTimeInMillis() - reserve);
  if (durationMs <= 0) throw new Error("the function's timeout is too short: give it 70 seconds");
  return { checked: await runCheckRound(ports, durationMs) };
}

/** Health checks, on a schedule of one a minute. */
export const handler: MiddyfiedHandler<unknown, { checked: boolean }> = middy(onSchedule).use(logFailure());
