/** Errors after which the same request may go through. Source: DynamoDB developer guide, error handling, read 2026-11. */
const transientNames: ReadonlySet<string> = new Set([
  "InternalServerError",
  "InternalFailure",
  "ProvisionedThroughputExceededException",
  "RequestLimitExceeded",
  "RequestTimeout",
  "ServiceUnavailable",
  "ThrottlingException",
  "Throttling",
  "TimeoutError",
  "TransactionConflictException",
  "TransactionInProgressException",
]);

const transientCodes: ReadonlySet<string> = new Set([
  "ECONNABORTED",
  "ECONNREFUSED",
  "ECONNRESET",
  "EAI_AGAIN",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "ENOTFOUND",
  "EPIPE",
  "ETIMEDOUT",
]);

/** @returns whether it is worth sending the same request again: throttled, a fault of the service's, or of the network's */
export function isTransient(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { code, $metadata } = error as { code?: unknown; $metadata?: { httpStatusCode?: number } };
  if (transientNames.has(error.name)) return true;
  if (typeof code === "string" && transientCodes.has(code)) return true;
  return ($metadata?.httpStatusCode ?? 0) >= 500;
}
