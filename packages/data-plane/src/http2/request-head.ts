import { type ReadHead, readSection } from "../http/read-head.ts";
import { maxHead } from "../http1/grammar.ts";
import type { HeaderSection } from "../http1/header-section.ts";
import { type KnownName, trait } from "../http1/known-name.ts";
import { isKnownMethod } from "../http1/request-head.ts";
import { pathPseudoHeader } from "./grammar.ts";
import { fieldNameOf } from "./hpack/field-name.ts";
import type { HeaderField } from "./hpack/header-field.ts";

/** A request's head, read. */
export interface Http2RequestHead extends ReadHead {
  /** Its headers as they would stand in a head of HTTP/1.1. */
  readonly section: HeaderSection;
}

/** The four that a request has. RFC 9113 §8.3.1; `:protocol` (RFC 8441) is not offered. */
interface PseudoHeaders {
  method: string | undefined;
  scheme: string | undefined;
  authority: string | undefined;
  path: string | undefined;
}

const hostName = fieldNameOf("host");

/**
 * Makes of a header block the head that the pipeline knows from HTTP/1.1, under the same rules: `:authority` becomes the Host
 * header, the pieces of a cookie are put together.
 * @param fields pseudo-headers among them
 * @param isBodyless whether the block ends the stream
 * @returns undefined when the request is malformed: 400
 */
export function parseRequestHead(fields: readonly HeaderField[], isBodyless: boolean): Http2RequestHead | undefined {
  const pseudo: PseudoHeaders = { method: undefined, scheme: undefined, authority: undefined, path: undefined };
  const at = takePseudoHeaders(fields, pseudo);
  const { method, path, scheme, authority } = pseudo;
  if (method === undefined || path === undefined || at === -1) return undefined;
  if (scheme !== "http" && scheme !== "https") return undefined;
  // The target would read a space in either as the end of its part of the request line.
  if (!isKnownMethod(method) || !pathPseudoHeader.test(path)) return undefined;
  const section = sectionOf(`${method} ${path} HTTP/2\r\n`, fields, at, authority);
  if (section === undefined || section.head.length > maxHead) return undefined;
  const read = readSection(method, path, "HTTP/2", section);
  if (read === undefined) return undefined;
  if (isBodyless) return read.contentLength === 0 ? { ...read, section } : undefined;
  const isCounted = (section.traits & trait.contentLength) !== 0;
  return { head: read.head, expects: read.expects, contentLength: isCounted ? read.contentLength : -1, section };
}

/** @returns where the other headers begin, -1 when there is a pseudo-header too many or of no request */
function takePseudoHeaders(fields: readonly HeaderField[], pseudo: PseudoHeaders): number {
  let at = 0;
  for (; at < fields.length; at += 1) {
    const { name, value, isSound } = fields[at] as HeaderField;
    if (!name.isPseudo) return at;
    if (!isSound) return -1;
    switch (name.text) {
      case ":method":
        if (pseudo.method !== undefined) return -1;
        pseudo.method = value;
        break;
      case ":path":
        if (pseudo.path !== undefined) return -1;
        pseudo.path = value;
        break;
      case ":scheme":
        if (pseudo.scheme !== undefined) return -1;
        pseudo.scheme = value;
        break;
      case ":authority":
        if (pseudo.authority !== undefined) return -1;
        pseudo.authority = value;
        break;
      default:
        return -1;
    }
  }
  return at;
}

/** @param start the request line. @returns undefined when one of the headers makes the request malformed */
function sectionOf(
  start: string,
  fields: readonly HeaderField[],
  from: number,
  authority: string | undefined,
): HeaderSection | undefined {
  const lines = new SectionLines(start);
  if (authority !== undefined) lines.add(hostName.known, authority, `host: ${authority}\r\n`);
  const cookie = joinedCookie(fields, from);
  let hasCookie = false;
  for (let at = from; at < fields.length; at += 1) {
    const { name, value, line, isSound } = fields[at] as HeaderField;
    // A pseudo-header behind other headers ends here.
    if (!isSound || name.isPseudo) return undefined;
    if (name.text === "host" && authority !== undefined) {
      // Two words on who is asked are one too many when they differ. RFC 9113 §8.3.1.
      if (value.toLowerCase() !== authority.toLowerCase()) return undefined;
    } else if (cookie === undefined || name.text !== "cookie") lines.add(name.known, value, line);
    else if (!hasCookie) {
      hasCookie = true;
      lines.add(name.known, cookie, `cookie: ${cookie}\r\n`);
    }
  }
  return lines.section();
}

/** Clients may send it in pieces; to HTTP/1.1 and to policies it is one header. RFC 9113 §8.2.3. @returns undefined for one piece or none */
function joinedCookie(fields: readonly HeaderField[], from: number): string | undefined {
  let pieces = 0;
  for (let at = from; at < fields.length; at += 1) if (fields[at]?.name.text === "cookie") pieces += 1;
  if (pieces < 2) return undefined;
  return fields
    .slice(from)
    .filter(({ name }) => name.text === "cookie")
    .map(({ value }) => value)
    .join("; ");
}

/** Puts together what `readHeaderSection` finds in a head of HTTP/1.1. */
class SectionLines {
  readonly #rawHeaders: string[] = [];
  readonly #names: KnownName[] = [];
  readonly #bounds: number[];
  #head: string;
  #traits = 0;

  /** @param start the request line */
  constructor(start: string) {
    this.#head = start;
    this.#bounds = [start.length];
  }

  add(name: KnownName, value: string, line: string): void {
    this.#rawHeaders.push(name.text, value);
    this.#names.push(name);
    this.#traits |= name.traits;
    this.#head += line;
    this.#bounds.push(this.#head.length);
  }

  section(): HeaderSection {
    return {
      head: `${this.#head}\r\n`,
      rawHeaders: this.#rawHeaders,
      names: this.#names,
      bounds: this.#bounds,
      traits: this.#traits,
      isPlain: true,
    };
  }
}
