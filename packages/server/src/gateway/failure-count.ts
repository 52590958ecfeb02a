import type { Logger } from "@pergola/core";
import type { DataPlane } from "@pergola/data-plane";

/** Milliseconds between two lines. */
const interval = 60_000;

/**
 * Writes how many requests were answered with 5xx since the line before, when there were any: alarms count by the log, since a network
 * load balancer sees no HTTP.
 * @returns what ends it, with a line for the rest
 */
export function logFailures(
  dataPlane: Pick<DataPlane, "metrics">,
  logger: Logger,
  intervalMs: number = interval,
): { close(): void } {
  let told = 0;
  const tell = (): void => {
    const { responses5xx } = dataPlane.metrics();
    // The stacks' alarm goes by this message and its count.
    if (responses5xx > told) logger.warn("requests were answered with 5xx", { count: responses5xx - told });
    told = responses5xx;
  };
  const timer = setInterval(tell, intervalMs).unref();
  return {
    close() {
      clearInterval(timer);
      tell();
    },
  };
}
