import type { RequestHead } from "@pergola/core";
import { hostOf, originForm } from "../authority.ts";
import { contentLength } from "../http1/grammar.ts";
import type { HeaderSection } from "../http1/header-section.ts";
import { type KnownName, trait } from "../http1/known-name.ts";
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

/** What headers say of a request's host and framing. */
interface HeadFacts {
  authority: string | undefined;
  length: string | undefined;
  isChunked: boolean;
  expects: string | undefined;
}

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
  const facts: HeadFacts = { authority: undefined, length: undefined, isChunked: false, expects: undefined };
  let hasUnderscore = false;
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i] as string;
    const value = rawHeaders[i + 1] as string;
    if (!takeFact(facts, traitOf(name), value) || hasLineBreak(value)) return undefined;
    if (name.includes("_")) hasUnderscore = true;
  }
  if (hasUnderscore && hasNameTwins(rawHeaders)) return undefined;
  return headOf(method, target, version, rawHeaders, facts);
}

/** The same for a section whose lines have passed the grammar of HTTP/1.1. @param version `HTTP/1.1` or `HTTP/1.0` */
export function readSection(
  method: string,
  target: string,
  version: string,
  { rawHeaders, names, traits }: HeaderSection,
): ReadHead | undefined {
  if (names.length > maxHeaders) return undefined;
  const facts: HeadFacts = { authority: undefined, length: undefined, isChunked: false, expects: undefined };
  for (let i = 0; i < names.length; i += 1) {
    const told = (names[i] as KnownName).traits & telling;
    if (told !== 0 && !takeFact(facts, told, rawHeaders[2 * i + 1] as string)) return undefined;
  }
  if ((traits & trait.underscore) !== 0 && hasNameTwins(rawHeaders)) return undefined;
  return headOf(method, target, version, rawHeaders, facts);
}

const telling = trait.host | trait.expect | trait.contentLength | trait.transferEncoding;

function traitOf(name: string): number {
  switch (name.length) {
    case 4:
      return name.toLowerCase() === "host" ? trait.host : 0;
    case 6:
      return name.toLowerCase() === "expect" ? trait.expect : 0;
    case 14:
      return name.toLowerCase() === "content-length" ? trait.contentLength : 0;
    case 17:
      return name.toLowerCase() === "transfer-encoding" ? trait.transferEncoding : 0;
    default:
      return 0;
  }
}

/** @returns false when the head has something twice, or a framing that two servers can differ about */
function takeFact(facts: HeadFacts, told: number, value: string): boolean {
  switch (told & telling) {
    case trait.host:
      if (facts.authority !== undefined) return false;
      facts.authority = value;
      return true;
    case trait.expect:
      facts.expects = value.toLowerCase();
      return true;
    case trait.contentLength:
      if (facts.length !== undefined) return false;
      facts.length = value;
      return true;
    case trait.transferEncoding:
      // Other codings, or the same one twice, are where two servers can differ about the end of a request.
      if (facts.isChunked || value.toLowerCase() !== "chunked") return false;
      facts.isChunked = true;
      return true;
    default:
      return true;
  }
}

function headOf(
  method: string,
  target: string,
  version: string,
  rawHeaders: string[],
  { authority, length, isChunked, expects }: HeadFacts,
): ReadHead | undefined {
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
