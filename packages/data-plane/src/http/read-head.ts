import type { RequestHead } from "@pergola/core";
import { hostOf, originForm } from "../authority.ts";
import { contentLength } from "../http1/grammar.ts";
import { hasNameTwins } from "../name-twins.ts";
import { isDeceptivePath } from "../path-form.ts";

/** A request's head as far as framing and routing need it. */
export interface ReadHead {
  readonly head: RequestHead;
  /** Bytes of body, -1 when chunked; 0 where HTTP/1.1 would have no body. */
  readonly contentLength: number;
  readonly expects: string | undefined;
}

/** Source: VPC Lattice quotas: more than 100 headers are a 400. */
const maxHeaders = 100;

/**
 * Checks a head that a parser has found well-formed for what Pergola demands beyond that: one Host, one kind of framing, a path
 * and header names that targets read as policies do.
 * @param rawHeaders names and values in turn
 * @returns the head, or undefined when the request is malformed: 400 and the end of the connection
 */
export function readHead(method: string, target: string, version: string, rawHeaders: string[]): ReadHead | undefined {
  // The parser also knows HTTP/0.9 and HTTP/2.0 in a request line; neither has this framing.
  if (version !== "HTTP/1.1" && version !== "HTTP/1.0" && version !== "HTTP/2") return undefined;
  if (rawHeaders.length > 2 * maxHeaders) return undefined;
  let authority: string | undefined;
  let length: string | undefined;
  let isChunked = false;
  let expects: string | undefined;
  let hasUnderscore = false;
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i] as string;
    switch (name.length) {
      case 4:
        if (name.toLowerCase() !== "host") break;
        if (authority !== undefined) return undefined;
        authority = rawHeaders[i + 1] as string;
        break;
      case 6:
        if (name.toLowerCase() === "expect") expects = (rawHeaders[i + 1] as string).toLowerCase();
        break;
      case 14:
        if (name.toLowerCase() !== "content-length") break;
        if (length !== undefined) return undefined;
        length = rawHeaders[i + 1] as string;
        break;
      case 17:
        if (name.toLowerCase() !== "transfer-encoding") break;
        // Other codings, or the same one twice, are where two servers can differ about the end of a request.
        if (isChunked || (rawHeaders[i + 1] as string).toLowerCase() !== "chunked") return undefined;
        isChunked = true;
        break;
    }
    if (hasLineBreak(rawHeaders[i + 1] as string)) return undefined;
    if (name.includes("_")) hasUnderscore = true;
  }
  if (hasUnderscore && hasNameTwins(rawHeaders)) return undefined;
  if (isChunked && (length !== undefined || version !== "HTTP/1.1")) return undefined;
  if (length !== undefined && !contentLength.test(length)) return undefined;
  if (authority === undefined) return undefined;
  const host = hostOf(authority);
  const origin = originForm(target, authority);
  if (host === undefined || origin === undefined || method === "CONNECT") return undefined;
  const mark = origin.indexOf("?");
  const path = mark === -1 ? origin : origin.slice(0, mark);
  const query = mark === -1 ? "" : origin.slice(mark + 1);
  if (isDeceptivePath(path)) return undefined;
  const head = { method, target: origin, path, query, rawHeaders, host, protocol: version };
  return { head, contentLength: isChunked ? -1 : Number(length ?? 0), expects };
}

/** A folded header line (obsolete) is read differently by different servers. */
function hasLineBreak(value: string): boolean {
  return value.includes("\n") || value.includes("\r");
}
