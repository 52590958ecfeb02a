import { headerValue } from "@pergola/core";
import type { Call } from "../call.ts";
import { requestHeaders } from "../request-headers.ts";
import { headerFields } from "./header-fields.ts";

/**
 * @param scheme of the connection to the target
 * @returns pseudo-headers and headers for the target, names and values in turn; undefined when they are no HTTP/2
 */
export function requestFields(call: Call, scheme: "http" | "https"): string[] | undefined {
  const { head } = call.exchange;
  const headers = headerFields(requestHeaders(call));
  if (headers === undefined) return undefined;
  const fields = [":method", head.method, ":scheme", scheme, ":path", head.target];
  for (let i = 0; i < headers.length; i += 2) {
    const name = headers[i] as string;
    if (name === "host") fields.splice(4, 0, ":authority", headers[i + 1] as string);
    else fields.push(name, headers[i + 1] as string);
  }
  // Of one connection, as on HTTP/1.1: but a target must know whether its trailers find a reader.
  if (headerValue(head.rawHeaders, "te") !== undefined) fields.push("te", "trailers");
  return fields;
}
