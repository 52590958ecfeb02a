import { headerValue } from "@pergola/core";
import type { Exchange } from "./exchange.ts";
import { trait } from "./http1/known-name.ts";

/** Source: VPC Lattice user guide, "HTTP headers": a client's request id is cut at 512 bytes. */
const maxLength = 512;

/**
 * @param fresh makes an id when the client sent none
 * @returns the client's id, cut, without anything but visible ASCII (it goes into logs and headers), or a fresh one
 */
export function requestIdOf({ head, section }: Pick<Exchange, "head" | "section">, fresh: () => string): string {
  if (section !== undefined && (section.traits & trait.requestId) === 0) return fresh();
  const sent = headerValue(head.rawHeaders, "x-amzn-requestid");
  if (sent === undefined) return fresh();
  const kept = sent.slice(0, maxLength).replace(/[^\x21-\x7e]+/g, "");
  return kept === "" ? fresh() : kept;
}
