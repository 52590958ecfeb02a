import middy, { type MiddyfiedHandler } from "@middy/core";
import { createDynamoStore } from "@pergola/aws";
import { createTxtResolver } from "@pergola/control-plane";
import { createJsonLogger, systemClock } from "@pergola/core";
import { type RoundOutcome, runVerificationRound } from "./domains/verification-round.ts";
import type { InvocationContext } from "./invocation-context.ts";
import { logFailure } from "./log-failure.ts";
import { readLambdaSettings } from "./settings.ts";

/** What is left for lookups that are under way (two tries, nine seconds when the DNS is silent) and for saving. Milliseconds. */
const reserve = 20_000;

const { table, region, endpoint, dnsServer } = readLambdaSettings(process.env);
const connection = { region, ...(endpoint === undefined ? {} : { endpoint }) };
const logger = createJsonLogger();
const ports = {
  store: createDynamoStore({ client: connection, table, logger }),
  clock: systemClock,
  resolver: createTxtResolver(dnsServer),
  logger,
};

async function onSchedule(_event: unknown, context: InvocationContext): Promise<{ round: RoundOutcome }> {
  const durationMs = context.getRemainingTimeInMillis() - reserve;
  if (durationMs <= 0) throw new Error("the function's timeout is too short: give it 60 seconds");
  return { round: await runVerificationRound(ports, durationMs) };
}

/** Looks up the TXT records of domains that are to be verified, on a schedule of once a minute. */
export const handler: MiddyfiedHandler<unknown, { round: RoundOutcome }> = middy(onSchedule).use(logFailure());
