/**
 * @returns the JSON that Lambda's Node.js runtime gives for a thrown value: `errorType`, `errorMessage` and `trace`.
 * Source: Lambda developer guide, "Handling errors in Node.js", read 2026-11.
 */
export function errorPayload(thrown: unknown): string {
  if (!(thrown instanceof Error)) return failurePayload(typeof thrown, textOf(thrown));
  const trace = (thrown.stack ?? "").slice(0, 16_384).split("\n");
  return JSON.stringify({
    errorType: String(thrown.name),
    errorMessage: String(thrown.message).slice(0, 65_536),
    trace,
  });
}

/** @returns the JSON of a failure that has no stack */
export function failurePayload(errorType: string, errorMessage: string): string {
  return JSON.stringify({ errorType, errorMessage, trace: [] });
}

function textOf(value: unknown): string {
  try {
    return String(value).slice(0, 65_536);
  } catch {
    return "a value that has no text";
  }
}
