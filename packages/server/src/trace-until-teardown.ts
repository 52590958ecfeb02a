import { headerValue, type Logger } from "@pergola/core";
import type { RequestTracing } from "@pergola/data-plane";
import { openTracing } from "@pergola/data-plane/tracing";
import type { Teardown } from "./teardown.ts";

/** What the last spans may take at the end; less when the shutdown as a whole has less. Milliseconds. */
const lastExportMs = 3_000;

/**
 * Opens tracing where the environment names a receiver; it ends with the teardown, after what handles requests.
 * @returns undefined when it names none
 */
export async function traceUntilTeardown(logger: Logger, teardown: Teardown): Promise<RequestTracing | undefined> {
  const tracing = await openTracing({ env: process.env, logger, headerValue });
  if (tracing === undefined) return undefined;
  teardown.addResource("tracing", (deadlineMs) => tracing.close(Math.min(deadlineMs, lastExportMs)));
  return tracing;
}
