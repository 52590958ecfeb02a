import { type BufferedResponse, encodedBody } from "./buffered-output.ts";
import { urlHeaders, withoutLength } from "./response-headers.ts";

/** What a buffered function URL makes a response of. Source: Lambda developer guide, "Response payload format", read 2026-11. */
export interface UrlResult {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly cookies: readonly string[];
  readonly body: string;
  readonly isBase64Encoded: boolean;
}

/** Bytes of a result as JSON. Source: Lambda quotas, 6 MB, and the error that names 6,291,556 bytes, read 2026-11. */
const maxResult = 6_291_556;
/** Bytes of body: no encoding is shorter. */
export const maxUrlBody = maxResult;

/** @returns the result, or why Lambda would not take it */
export function urlResult({ status, rawHeaders, body }: BufferedResponse): UrlResult | string {
  const result = { statusCode: status, ...urlHeaders(withoutLength(rawHeaders)), ...encodedBody(body) };
  return fits(result, body.length, maxResult)
    ? result
    : "Bad Gateway: the response is larger than the 6 MB a function can give";
}

/**
 * @param bodyLength bytes of body before encoding
 * @returns whether a result is small enough as JSON; putting it together only where that is in doubt
 */
export function fits(result: object, bodyLength: number, maxBytes: number): boolean {
  // Six characters at most for a byte (a control character as \u0000), and room for the headers.
  return bodyLength * 6 + 128 * 1024 < maxBytes || Buffer.byteLength(JSON.stringify(result)) <= maxBytes;
}
