/**
 * A request's head as it came off the wire. Hosts build it from node:http, from their own parser, from HTTP/2 or from a Lambda
 * event; stages and signature verification read nothing else.
 */
export interface RequestHead {
  readonly method: string;
  /** The raw request target, path and query, e.g. `/a%20b?c=d`. Always begins with `/` (hosts reduce absolute-form). */
  readonly target: string;
  /** The part of `target` before the first `?`, not decoded. */
  readonly path: string;
  /** The part of `target` after the first `?`, not decoded, `""` when there is none. */
  readonly query: string;
  /** Names and values in turn, as received: order, case and repetition are kept. */
  readonly rawHeaders: readonly string[];
  /** Host of the Host header or `:authority`, in lower case, without port; `""` when absent. */
  readonly host: string;
  /** `HTTP/1.0`, `HTTP/1.1` or `HTTP/2`. */
  readonly protocol: string;
}

/**
 * The value of a header, several joined by `, ` as HTTP allows.
 * @param name in lower case
 * @returns the value, or undefined when the header is absent
 */
export function headerValue(rawHeaders: readonly string[], name: string): string | undefined {
  let value: string | undefined;
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const candidate = rawHeaders[i] as string;
    if (candidate.length !== name.length || candidate.toLowerCase() !== name) continue;
    const next = rawHeaders[i + 1] as string;
    value = value === undefined ? next : `${value}, ${next}`;
  }
  return value;
}
