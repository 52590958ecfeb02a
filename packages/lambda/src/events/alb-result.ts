import { type BufferedResponse, encodedBody } from "./buffered-output.ts";
import { multiValueHeaders, urlHeaders, withoutLength } from "./response-headers.ts";
import { fits } from "./url-result.ts";

/** What a load balancer makes a response of. Source: Elastic Load Balancing user guide, "Lambda functions as targets", read 2026-11. */
export interface AlbResult {
  readonly statusCode: number;
  readonly statusDescription: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly multiValueHeaders?: Readonly<Record<string, readonly string[]>>;
  readonly body: string;
  readonly isBase64Encoded: boolean;
}

// Not imported: an import of `node:http` loads all that its getters name, which costs a start 20 ms.
const { STATUS_CODES } = process.getBuiltinModule("node:http");

/** Bytes of a result as JSON. Source: as above, 1 MB. */
const maxResult = 1_048_576;
/** Bytes of body: no encoding is shorter. The same limit holds for requests. */
export const maxAlbBody = maxResult;

/**
 * @param isMultiValue whether the target group has multi-value headers on: only then can a response set several cookies
 * @returns a function that gives the result, or why the load balancer would not take it
 */
export function albResult(isMultiValue: boolean): (response: BufferedResponse) => AlbResult | string {
  return ({ status, rawHeaders, body }) => {
    const kept = withoutLength(rawHeaders);
    const headers = isMultiValue ? { multiValueHeaders: multiValueHeaders(kept) } : singleHeaders(kept);
    if (headers === undefined)
      return "Bad Gateway: several cookies need multi-value headers on the load balancer's target group";
    const statusDescription = `${status} ${STATUS_CODES[status] ?? "Unknown"}`;
    const result = { statusCode: status, statusDescription, ...headers, ...encodedBody(body) };
    return fits(result, body.length, maxResult)
      ? result
      : "Bad Gateway: the response is larger than the 1 MB a load balancer takes";
  };
}

/** @returns undefined where cookies would be lost */
function singleHeaders(rawHeaders: readonly string[]): { headers: Record<string, string> } | undefined {
  const { headers, cookies } = urlHeaders(rawHeaders);
  if (cookies.length > 1) return undefined;
  return { headers: cookies[0] === undefined ? headers : { ...headers, "set-cookie": cookies[0] } };
}
