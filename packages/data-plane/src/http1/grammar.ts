/**
 * The grammar of HTTP/1.1 as this server takes it, in one place; docs/http-parser.md says what it leaves out of RFC 9112 and why.
 * Every expression is anchored or sticky, and each character can be taken in one way only, so that matching takes time linear in the text.
 * All of them work on Latin-1 text, one character a byte.
 */

/** RFC 9110 §5.6.2. */
const token = /[!#$%&'*+\-.^_`|~0-9A-Za-z]+/.source;
/**
 * Visible characters, blanks, and the bytes above ASCII: no control characters, so no line breaks. RFC 9110 §5.5. ASCII by itself, as
 * one range of characters takes two thirds of the time of three.
 */
const text = /[ -~]*(?:[\t\x80-\xff][ -~]*)*/.source;
/** No blank before the colon, no folding: a line that begins with a blank has no name. */
const fieldLine = `${token}:${text}\\r\\n`;

/** One line of a head. */
export const headerLine = new RegExp(`^${fieldLine}$`);

/** RFC 9112 §2.1, with one space between the parts of the request line, methods in capitals, and targets in ASCII. */
const request = `[A-Z][A-Z-]* [!-~]+ HTTP/1\\.[01]\\r\\n(?:${fieldLine})*\\r\\n`;
/** Targets may leave the reason out together with the space before it, as many do. */
const response = `HTTP/1\\.[01] [1-9][0-9]{2}(?: ${text})?\\r\\n(?:${fieldLine})*\\r\\n`;

/** A text that is a request's head and nothing else. */
export const requestHead = new RegExp(`^${request}$`);

/**
 * The head that a text begins with; its end is `lastIndex`, and the first empty line, as no line before it can be empty or hold a line
 * break. One empty line before a request is let pass, as RFC 9112 §2.2 wants for old clients.
 */
export const leadingRequest = new RegExp(`(?:\\r\\n)?${request}`, "y");
export const leadingResponse = new RegExp(response, "y");

/** What no head can go on from: a line break that is not CR LF, or a control character. For heads that are not complete yet. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what it looks for
export const brokenHead = /(?:^|[^\r])\n|\r(?!\n|$)|[\0-\x08\x0b\x0c\x0e-\x1f\x7f]/;

/** RFC 9110 §5.6.4 without quoted pairs: an escaped quote is where two readers can part. */
const extension = `(?:;${token}(?:=(?:${token}|"[\\t !#-\\[\\]-~]*"))?)*`;

/** RFC 9112 §7.1: the size of a chunk from a client, without leading zeros, at most 4 GiB. */
export const requestChunkLine = new RegExp(`^(0|[1-9A-Fa-f][0-9A-Fa-f]{0,7})${extension}\\r\\n$`);

/** As `requestChunkLine`; targets may pad the size with zeros, as some do that write it before they know it. */
export const responseChunkLine = new RegExp(`^0{0,8}([0-9A-Fa-f]{1,8})${extension}\\r\\n$`);

/** RFC 9112 §7.1.2: a line of the trailer section. */
export const trailerLine = new RegExp(`^(${token}):${text}\\r\\n$`);

/** RFC 9110 §8.6, without leading zeros: some readers take those for octal. At most 999 TB. */
export const contentLength = /^(?:0|[1-9][0-9]{0,14})$/;

/**
 * A framing header with blanks beyond the usual one. They are no part of the value to one reader and make it an unknown coding to
 * another: llhttp, for one, knows `chunked` with a tab behind it for no end of a body.
 */
export const blankedFraming = /\r\n(?:content-length|transfer-encoding):(?! ?[^\t\r ]+\r\n)/i;

/** Bytes. Source: VPC Lattice quotas: more than 60 KB of headers are a 400. */
export const maxHead = 60 * 1024;
/** Bytes of one line between chunks. */
export const maxChunkLine = 4 * 1024;
/** Bytes of extensions and trailers in one message: what is dropped may not cost more than it is worth. */
export const maxChunkExtras = 16 * 1024;
