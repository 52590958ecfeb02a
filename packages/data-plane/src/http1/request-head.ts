import { METHODS } from "node:http";
import { type ReadHead, readSection } from "../http/read-head.ts";
import { hasConnectionOption } from "./connection-options.ts";
import { blankedFraming } from "./grammar.ts";
import { type HeaderSection, partOf, readHeaderSection } from "./header-section.ts";
import { requestedUpgrade } from "./upgrade.ts";

/** A request's head, read. */
export interface RequestStart extends ReadHead {
  readonly section: HeaderSection;
  /** The client wants the connection closed after the response, or cannot do without; or another protocol, if it can have it. */
  readonly isLast: boolean;
  /** May be worked on beside others of its connection: it changes nothing and has no body. RFC 9112 §9.3.2. */
  readonly isSafe: boolean;
  /** Protocols that the client would rather speak. */
  readonly upgrade: readonly string[] | undefined;
}

/** CONNECT is for proxies of another kind. What nobody knows might be a method to a target, and mean something there. */
const methods = new Set(METHODS.filter((method) => method !== "CONNECT"));
/** @returns whether requests with this method are taken */
export function isKnownMethod(method: string): boolean {
  return methods.has(method);
}

const safeMethods = new Set(["GET", "HEAD", "OPTIONS", "TRACE"]);

/**
 * @param text a head that has passed its grammar, with its empty line, perhaps with one before it
 * @returns undefined when the request is malformed: 400 and the end of the connection
 */
export function parseRequestHead(text: string): RequestStart | undefined {
  const head = text.startsWith("\r\n") ? text.slice(2) : text;
  const methodEnd = head.indexOf(" ");
  const lineEnd = head.indexOf("\r", methodEnd);
  const method = head.startsWith("GET ") ? "GET" : partOf(head, 0, methodEnd);
  if (!methods.has(method)) return undefined;
  const target = partOf(head, methodEnd + 1, lineEnd - versionLength);
  const isOld = head.charCodeAt(lineEnd - 1) === digitZero;
  const section = readHeaderSection(head, lineEnd + 2, head.length);
  const read = readSection(method, target, isOld ? "HTTP/1.0" : "HTTP/1.1", section);
  if (read === undefined) return undefined;
  // In a plain section no value has blanks around it, and what a framing header may be has none in it.
  if (!section.isPlain && read.contentLength !== 0 && blankedFraming.test(head)) return undefined;
  const upgrade = isOld ? undefined : requestedUpgrade(section);
  return {
    head: read.head,
    section,
    contentLength: read.contentLength,
    expects: isOld ? undefined : read.expects,
    // What a client sends behind such a request is of the other protocol, and must not be read as HTTP.
    isLast: isOld || upgrade !== undefined || hasConnectionOption(section, "close"),
    isSafe: read.contentLength === 0 && upgrade === undefined && safeMethods.has(method),
    upgrade,
  };
}

const digitZero = 0x30;
const versionLength = " HTTP/1.1".length;
