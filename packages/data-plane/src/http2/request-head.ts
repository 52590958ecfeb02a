import { lineLength } from "../head-size.ts";
import { type ReadHead, readHead } from "../http/read-head.ts";
import { maxHead } from "../http1/grammar.ts";
import { isKnownMethod } from "../http1/request-head.ts";
import { fieldName, fieldValue, isConnectionSpecific, pathPseudoHeader } from "./grammar.ts";

/** The four that a request has. RFC 9113 §8.3.1; `:protocol` (RFC 8441) is not offered. */
interface PseudoHeaders {
  ":method"?: string;
  ":scheme"?: string;
  ":authority"?: string;
  ":path"?: string;
}

const colon = 0x3a;

/**
 * Makes of a HEADERS frame the head that the pipeline knows from HTTP/1.1, under the same rules: `:authority` becomes the Host
 * header, the pieces of a cookie are put together.
 * @param received names and values in turn, pseudo-headers among them
 * @param isBodyless whether the frame ends the stream
 * @returns undefined when the request is malformed: 400
 */
export function parseRequestHead(received: readonly string[], isBodyless: boolean): ReadHead | undefined {
  const pseudo: PseudoHeaders = {};
  const at = takePseudoHeaders(received, pseudo);
  const { ":method": method, ":path": path, ":scheme": scheme, ":authority": authority } = pseudo;
  if (method === undefined || path === undefined || at === -1) return undefined;
  if (scheme !== "http" && scheme !== "https") return undefined;
  // The target would read a space in either as the end of its part of the request line.
  if (!isKnownMethod(method) || !pathPseudoHeader.test(path)) return undefined;
  const rawHeaders = authority === undefined ? [] : ["host", authority];
  if (!takeFields(received, at, rawHeaders, authority)) return undefined;
  if (method.length + path.length + lineLength(rawHeaders) > maxHead) return undefined;
  const read = readHead(method, path, "HTTP/2", rawHeaders);
  return read && withBody(read, isBodyless);
}

/** @returns where the other headers begin, -1 when there is a pseudo-header too many or of no request */
function takePseudoHeaders(received: readonly string[], pseudo: PseudoHeaders): number {
  let at = 0;
  for (; at < received.length; at += 2) {
    const name = received[at] as string;
    if (name.charCodeAt(0) !== colon) return at;
    if (name !== ":method" && name !== ":path" && name !== ":scheme" && name !== ":authority") return -1;
    const value = received[at + 1] as string;
    if (pseudo[name] !== undefined || !fieldValue.test(value)) return -1;
    pseudo[name] = value;
  }
  return at;
}

/** @returns false when one of the headers makes the request malformed */
function takeFields(received: readonly string[], from: number, out: string[], authority: string | undefined): boolean {
  let cookieAt = -1;
  for (let at = from; at < received.length; at += 2) {
    const name = received[at] as string;
    const value = received[at + 1] as string;
    // A colon is no part of a name, so that a pseudo-header behind other headers ends here.
    if (!fieldName.test(name) || !fieldValue.test(value) || isConnectionSpecific(name, value)) return false;
    if (name === "cookie") {
      // Clients may send it in pieces; to HTTP/1.1 and to policies it is one header. RFC 9113 §8.2.3.
      if (cookieAt === -1) cookieAt = out.push(name, value) - 1;
      else out[cookieAt] += `; ${value}`;
    } else if (name === "host" && authority !== undefined) {
      // Two words on who is asked are one too many when they differ. RFC 9113 §8.3.1.
      if (value.toLowerCase() !== authority.toLowerCase()) return false;
    } else out.push(name, value);
  }
  return true;
}

function withBody(read: ReadHead, isBodyless: boolean): ReadHead | undefined {
  if (isBodyless) return read.contentLength === 0 ? read : undefined;
  return hasLength(read.head.rawHeaders) ? read : { ...read, contentLength: -1 };
}

function hasLength(rawHeaders: readonly string[]): boolean {
  for (let i = 0; i < rawHeaders.length; i += 2) if (rawHeaders[i] === "content-length") return true;
  return false;
}
