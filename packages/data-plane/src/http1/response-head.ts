import { hasConnectionOption } from "./connection-options.ts";
import { blankedFraming, contentLength } from "./grammar.ts";
import { type HeaderSection, readHeaderSection } from "./header-section.ts";
import { type KnownName, trait } from "./known-name.ts";

/** A target's response's head, read. */
export interface TargetResponse {
  readonly status: number;
  readonly section: HeaderSection;
  /** Bytes of body; 0 for none, -1 when chunked, `Infinity` when it ends with the connection. */
  readonly length: number;
  /** Milliseconds for which the target keeps the connection; 0 when it does not. */
  readonly keptFor: number;
}

/** How long a connection is kept that the target says nothing about. */
const defaultKeep = 30_000;
/** A target closes when its own time is over; a request must not cross with that. */
const keepMargin = 1_000;

/**
 * @param text begins with a head that has passed its grammar; may have a small body behind it
 * @param end where the head ends
 * @param isHead whether it answers a HEAD request, and has no body whatever it says
 * @returns undefined when its body could be framed in two ways, or in none
 */
export function parseResponseHead(text: string, end: number, isHead: boolean): TargetResponse | undefined {
  const status = digitAt(text, statusAt) * 100 + digitAt(text, statusAt + 1) * 10 + digitAt(text, statusAt + 2);
  const section = readHeaderSection(text, text.indexOf("\r") + 2, end);
  const { names, rawHeaders, isPlain } = section;
  let length: number | undefined;
  let isChunked = false;
  let keptFor = defaultKeep;
  for (let i = 0; i < names.length; i += 1) {
    const value = rawHeaders[2 * i + 1] as string;
    switch ((names[i] as KnownName).traits & telling) {
      case trait.keepAlive:
        keptFor = Math.min(keptFor, announcedKeep(value));
        break;
      case trait.contentLength:
        if (length !== undefined || !contentLength.test(value)) return undefined;
        length = Number(value);
        break;
      case trait.transferEncoding:
        if (isChunked || value.toLowerCase() !== "chunked") return undefined;
        isChunked = true;
        break;
    }
  }
  const isOld = digitAt(text, versionAt) === 0;
  if (isChunked && (length !== undefined || isOld)) return undefined;
  // In a plain section no value has blanks around it, and what these two may be has none in it.
  if (!isPlain && (isChunked || length !== undefined) && blankedFraming.test(text.slice(0, end))) return undefined;
  const isBodyless = isHead || status === 204 || status === 304 || status < 200;
  const framed = isChunked ? -1 : (length ?? Number.POSITIVE_INFINITY);
  if (isOld || hasConnectionOption(section, "close")) keptFor = 0;
  return { status, section, length: isBodyless ? 0 : framed, keptFor };
}

const telling = trait.keepAlive | trait.contentLength | trait.transferEncoding;

const versionAt = "HTTP/1.".length;
const statusAt = "HTTP/1.1 ".length;
const digitZero = 0x30;

function digitAt(text: string, at: number): number {
  return text.charCodeAt(at) - digitZero;
}

function announcedKeep(value: string): number {
  const seconds = /(?:^|[,; ])timeout=([0-9]{1,6})(?:$|[,; ])/i.exec(value)?.[1];
  return seconds === undefined ? defaultKeep : Math.max(0, Number(seconds) * 1_000 - keepMargin);
}
