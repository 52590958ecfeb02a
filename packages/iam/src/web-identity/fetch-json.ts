import { readBoundedBody } from "@pergola/core";

/** Gets a JSON document of a provider. Time and length of the answer are bounded, and it goes nowhere but to `url`. */
export type JsonFetcher = (url: string) => Promise<unknown>;

/** Providers' key sets have some kilobytes, the largest known some 30. */
const maxBytes = 128 * 1024;

/**
 * @param timeoutMs from sending the request to the end of its answer, in milliseconds
 * @returns what gets documents by HTTP(S); it rejects when there is none in time, or what comes is too long or no JSON
 */
export function createJsonFetcher({ timeoutMs = 5_000 }: { readonly timeoutMs?: number } = {}): JsonFetcher {
  return async (url) => {
    const headers = { accept: "application/json" };
    const response = await fetch(url, { headers, redirect: "error", signal: AbortSignal.timeout(timeoutMs) });
    if (response.status !== 200) {
      await response.body?.cancel();
      throw new Error(`\`${url}\` answered with ${response.status}`);
    }
    return JSON.parse(await readBoundedBody(response, maxBytes));
  };
}
