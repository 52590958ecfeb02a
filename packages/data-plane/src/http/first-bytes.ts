import { preface } from "../http2/grammar.ts";

/** What a connection begins with. */
export type FirstProtocol = "tls" | "http2" | "http1";

/** The first byte of every TLS connection: a handshake record. */
const tlsHandshake = 0x16;
/** The first byte of the preface of HTTP/2, and of a few methods. */
const letterP = 0x50;

/** @returns what the first bytes of a connection are, undefined while they could still be two things */
export function protocolOf(first: Buffer): FirstProtocol | undefined {
  if (first[0] === tlsHandshake) return "tls";
  if (first[0] !== letterP) return "http1";
  const { length } = preface;
  if (first.length >= length) return first.compare(preface, 0, length, 0, length) === 0 ? "http2" : "http1";
  return first.compare(preface, 0, first.length) === 0 ? undefined : "http1";
}
