import type { LogSubscriptionSnapshot } from "@pergola/core";

/** A log destination did not take lines. The message names it and what to do. */
export class DestinationError extends Error {
  override readonly name = "DestinationError";
}

/** Names of errors that say that the destination is not there. Source: S3, Firehose and CloudWatch Logs API references, 2026-11. */
const missing: ReadonlySet<string> = new Set(["NoSuchBucket", "NotFound", "ResourceNotFoundException"]);
const denied: ReadonlySet<string> = new Set(["AccessDenied", "AccessDeniedException", "Forbidden"]);

/**
 * @param kind what it is, e.g. `bucket`
 * @returns what happened in words for who runs Pergola, with `cause` kept
 */
export function destinationError(destination: LogSubscriptionSnapshot, kind: string, cause: unknown): DestinationError {
  const { name, message } = cause instanceof Error ? cause : new Error(String(cause));
  const what = `${kind} of the access log destination \`${destination.destinationArn}\``;
  if (missing.has(name))
    return new DestinationError(`the ${what} does not exist: create it or change the subscription`, { cause });
  if (denied.has(name))
    return new DestinationError(`the ${what} may not be written to: permit it to this role`, { cause });
  return new DestinationError(`the ${what} did not take the lines: ${name}: ${message}`, { cause });
}
