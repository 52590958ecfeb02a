import { readBoundedBody } from "@pergola/core";

export interface StsVerifierOptions {
  /** For one request, from sending it to the end of its answer, in milliseconds; default 5,000. */
  readonly timeoutMs?: number;
}

/** GetCallerIdentity answers with some 500 bytes. */
const maxAnswerBytes = 16 * 1024;

/**
 * Sends presigned requests to STS, which says whose signature they have. The URL has to come from `readPresignedIdentity`: this goes
 * where the URL says, and nowhere else, since redirects are not followed.
 * @returns what sends a request; it rejects when there is no answer in time, or one that is too long
 */
export function createStsVerifier({ timeoutMs = 5_000 }: StsVerifierOptions = {}) {
  return async (
    { url, headers }: { readonly url: string; readonly headers: Readonly<Record<string, string>> },
    signal: AbortSignal,
  ): Promise<{ readonly status: number; readonly body: string }> => {
    const limit = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
    const response = await fetch(url, { headers, redirect: "manual", signal: limit });
    return { status: response.status, body: await readBoundedBody(response, maxAnswerBytes) };
  };
}
