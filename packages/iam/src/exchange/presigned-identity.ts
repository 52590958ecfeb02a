import { parseTimestamp } from "../sigv4/timestamp.ts";

/** Header that the proof has to have signed; its value is the audience, so a proof made for one deployment is none for another. */
export const audienceHeader = "x-pergola-audience";

/** A presigned GetCallerIdentity that may be sent: it has been read part by part and put together anew. */
export interface PresignedIdentity {
  /** One of the allowed endpoints, `/`, and the nine parameters that were checked. */
  readonly url: string;
  /** 64 hex digits: the same for a proof that comes again. */
  readonly signature: string;
  /** From then on the proof is too old. */
  readonly validUntil: Date;
}

export interface PresignedReading {
  /** Origins of STS endpoints, e.g. `https://sts.us-west-2.amazonaws.com`. */
  readonly endpoints: readonly string[];
  readonly now: Date;
}

/** How far the signing time may be from now, in milliseconds. */
const maxSkewMs = 5 * 60_000;
/** Longest `X-Amz-Expires`, in seconds. */
const maxExpires = 900;
/** Session tokens of STS have about 1 KB, with many tags some more. */
const maxUrlLength = 16_384;

const parameters: Readonly<Record<string, RegExp>> = {
  Action: /^GetCallerIdentity$/,
  Version: /^2011-06-15$/,
  "X-Amz-Algorithm": /^AWS4-HMAC-SHA256$/,
  "X-Amz-Credential": /^[A-Za-z0-9_]{16,128}\/\d{8}\/[a-z0-9-]{1,32}\/sts\/aws4_request$/,
  "X-Amz-Date": /^\d{8}T\d{6}Z$/,
  "X-Amz-Expires": /^[1-9]\d{0,2}$/,
  // Nothing else may be signed: a header that is signed would have to be sent, and this way no client chooses one.
  "X-Amz-SignedHeaders": new RegExp(`^host;${audienceHeader}$`),
  "X-Amz-Signature": /^[0-9a-f]{64}$/,
  "X-Amz-Security-Token": /^[\x21-\x7e]{1,12288}$/,
};
const optionalParameter = "X-Amz-Security-Token";

/**
 * Reads a presigned `GetCallerIdentity`. The text is the caller's, and the request goes out from here: whatever is not exactly what
 * a signer makes is refused, and the URL that is sent is built from the checked values, so no parser's leniency leads elsewhere.
 * @returns the request, or why it is refused
 */
export function readPresignedIdentity(url: string, { endpoints, now }: PresignedReading): PresignedIdentity | string {
  if (url.length > maxUrlLength) return `url: use at most ${maxUrlLength} characters`;
  const endpoint = endpoints.find((origin) => url.startsWith(`${origin}/?`));
  if (endpoint === undefined)
    return `url: has to begin with ${endpoints.map((origin) => `\`${origin}/?\``).join(" or ")}`;
  const values = readQuery(url.slice(endpoint.length + 2));
  if (typeof values === "string") return values;
  const value = (name: string): string => values.get(name) ?? "";
  const signedAt = parseTimestamp(value("X-Amz-Date"));
  if (signedAt === undefined) return "url: X-Amz-Date has to be a time such as `20260131T120000Z`";
  if (value("X-Amz-Credential").split("/")[1] !== value("X-Amz-Date").slice(0, 8))
    return "url: X-Amz-Credential and X-Amz-Date have to name the same day";
  const expires = Number(value("X-Amz-Expires"));
  if (expires > maxExpires) return `url: X-Amz-Expires may be ${maxExpires} seconds at most`;
  const validUntil = new Date(signedAt + Math.min(maxSkewMs, expires * 1000));
  if (signedAt - now.getTime() > maxSkewMs) return "url: X-Amz-Date lies in the future: set the clock";
  if (validUntil <= now) return "url: the signature is too old: sign anew";
  const query = [...values].map(([name, text]) => `${name}=${encode(text)}`).join("&");
  return { url: `${endpoint}/?${query}`, signature: value("X-Amz-Signature"), validUntil };
}

function readQuery(query: string): ReadonlyMap<string, string> | string {
  const values = new Map<string, string>();
  for (const part of query.split("&", 32)) {
    const at = part.indexOf("=");
    const name = part.slice(0, Math.max(0, at));
    const pattern = Object.hasOwn(parameters, name) ? parameters[name] : undefined;
    if (pattern === undefined) return "url: has a parameter that a presigned GetCallerIdentity does not have";
    if (values.has(name)) return `url: ${name} is there twice`;
    const value = decode(part.slice(at + 1));
    if (value === undefined || !pattern.test(value))
      return `url: ${name} is not what it is in a presigned GetCallerIdentity`;
    values.set(name, value);
  }
  const missing = Object.keys(parameters).find((name) => name !== optionalParameter && !values.has(name));
  return missing === undefined ? values : `url: ${missing} is missing`;
}

/** @returns undefined for what RFC 3986's percent-encoding does not allow; `+` is no space here */
function decode(text: string): string | undefined {
  if (!/^(?:[A-Za-z0-9._~/;=-]|%[0-9A-Fa-f]{2})*$/.test(text)) return undefined;
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

function encode(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (one) => `%${one.charCodeAt(0).toString(16).toUpperCase()}`);
}
