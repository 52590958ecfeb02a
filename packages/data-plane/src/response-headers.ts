import { dropsFromResponse, namedByConnection } from "./header-names.ts";

/**
 * The headers of a target's response that its client gets: without hop-by-hop ones, and with the request's id.
 * @param rawHeaders names and values in turn
 */
export function responseHeaders(status: number, rawHeaders: readonly string[], requestId: string): string[] {
  const named = namedByConnection(rawHeaders);
  const isBodyless = status === 204 || status < 200;
  const kept: string[] = [];
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i] as string;
    if (dropsFromResponse(name) || named?.has(name.toLowerCase()) === true) continue;
    if (isBodyless && name.length === contentLength.length && name.toLowerCase() === contentLength) continue;
    kept.push(name, rawHeaders[i + 1] as string);
  }
  kept.push("x-amzn-requestid", requestId);
  return kept;
}

const contentLength = "content-length";
