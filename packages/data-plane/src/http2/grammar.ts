/**
 * The grammar of HTTP/2 header fields as this server takes it; docs/http2.md says what it leaves out of RFC 9113 and why. nghttp2, which
 * reads the frames, checks much of it too: it is checked here again, since what is let through is written as HTTP/1.1. Every
 * expression is anchored and takes time linear in the text; all of them work on Latin-1 text, one character a byte.
 */

/** RFC 9110 §5.6.2, in lower case as RFC 9113 §8.2.1 wants. */
export const fieldName = /^[!#$%&'*+\-.^_`|~0-9a-z]+$/;

/** No control characters, so neither line breaks nor NUL, and no blanks around it. RFC 9113 §8.2.1. */
export const fieldValue = /^(?:[!-~\x80-\xff](?:[\t\x20-\x7e\x80-\xff]*[!-~\x80-\xff])?)?$/;

/** What goes into a request line: visible ASCII only, and always a path. */
export const pathPseudoHeader = /^\/[!-~]*$/;

/** Headers about one connection, which HTTP/2 has no use for: a message with one of them is malformed. RFC 9113 §8.2.2. */
const connectionSpecific = new Set(["connection", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade"]);

/** @returns whether a header, its name in lower case, makes a message of HTTP/2 malformed */
export function isConnectionSpecific(name: string, value: string): boolean {
  return connectionSpecific.has(name) || (name === "te" && value.toLowerCase() !== "trailers");
}

/** What a client sends first on a connection where it knows beforehand that the server speaks HTTP/2. RFC 9113 §3.4. */
export const preface = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "latin1");
