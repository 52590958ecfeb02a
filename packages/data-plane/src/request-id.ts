import { headerValue } from "@pergola/core";

/** Source: VPC Lattice user guide, "HTTP headers": a client's request id is cut at 512 bytes. */
const maxLength = 512;

/**
 * @param rawHeaders names and values in turn
 * @param fresh makes an id when the client sent none
 * @returns the client's id, cut, without anything but visible ASCII (it goes into logs and headers), or a fresh one
 */
export function requestIdOf(rawHeaders: readonly string[], fresh: () => string): string {
  const sent = headerValue(rawHeaders, "x-amzn-requestid");
  if (sent === undefined) return fresh();
  const kept = sent.slice(0, maxLength).replace(/[^\x21-\x7e]+/g, "");
  return kept === "" ? fresh() : kept;
}
