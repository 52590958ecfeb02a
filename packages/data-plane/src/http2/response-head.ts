import { contentLength } from "../http1/grammar.ts";
import { trait } from "../http1/known-name.ts";
import type { HeaderField } from "./hpack/header-field.ts";

/** A target's response's head, read. */
export interface Http2ResponseHead {
  readonly status: number;
  /** Names and values in turn. */
  readonly rawHeaders: readonly string[];
  /** Bytes of body; -1 where nobody has counted them. */
  readonly length: number;
}

const statusCode = /^[1-9][0-9]{2}$/;

/**
 * @param isHead whether it answers a HEAD request, and has no body whatever it says
 * @returns undefined when it is malformed, or can be read in two ways. RFC 9113 §8.3.2
 */
export function parseResponseHead(fields: readonly HeaderField[], isHead: boolean): Http2ResponseHead | undefined {
  const [first] = fields;
  if (first?.name.text !== ":status" || !statusCode.test(first.value)) return undefined;
  const status = Number(first.value);
  const rawHeaders: string[] = [];
  let length = -1;
  for (let i = 1; i < fields.length; i += 1) {
    const { name, value, isSound } = fields[i] as HeaderField;
    if (!isSound || name.isPseudo) return undefined;
    if ((name.known.traits & trait.contentLength) !== 0) {
      if (length !== -1 || !contentLength.test(value)) return undefined;
      length = Number(value);
    }
    rawHeaders.push(name.text, value);
  }
  return { status, rawHeaders, length: isHead || status === 204 || status === 304 ? 0 : length };
}
