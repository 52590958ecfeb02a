import type { Call } from "../call.ts";
import { requestHeaders } from "../request-headers.ts";
import { requestHead } from "./grammar.ts";

/**
 * @returns the request's head as it goes to the target, with its empty line, or undefined when it cannot be sent: its host has
 * let through what is no HTTP/1.1, or a length that is not the body's
 */
export function requestText(call: Call): string | undefined {
  const { head, contentLength, hasCheckedHead, awaitsContinue, upgrade } = call.exchange;
  const headers = requestHeaders(call);
  let text = `${head.method} ${head.target} HTTP/1.1\r\n`;
  let isFramed = false;
  for (let i = 0; i < headers.length; i += 2) {
    const name = headers[i] as string;
    const value = headers[i + 1] as string;
    if (name.length === 14 && name.toLowerCase() === "content-length") {
      if (isFramed || value !== String(contentLength)) return undefined;
      isFramed = true;
    }
    text += `${name}: ${value}\r\n`;
  }
  if (contentLength === -1) text += "transfer-encoding: chunked\r\n";
  else if (contentLength > 0 && !isFramed) text += `content-length: ${contentLength}\r\n`;
  if (awaitsContinue === true && contentLength !== 0) text += "expect: 100-continue\r\n";
  if (upgrade !== undefined) text += `connection: upgrade\r\nupgrade: ${upgrade.join(", ")}\r\n`;
  text += "\r\n";
  return hasCheckedHead === true || requestHead.test(text) ? text : undefined;
}
