/** Headers that are about one connection. Source: RFC 9110 §7.6.1 and RFC 2616 §13.5.1. `expect` is answered by the host. */
const hopByHop = new Set([
  "connection",
  "keep-alive",
  "proxy-connection",
  "proxy-authenticate",
  "proxy-authorization",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
  "http2-settings",
  "expect",
]);

/** Never dropped because a client's Connection header names them: framing and routing hang on them. */
const protectedNames = new Set(["host", "content-length", "content-type", "x-forwarded-for"]);

/**
 * Headers that the network makes itself: a target has to be able to trust them, so the client's are dropped. Names are compared
 * with `_` as `-`, because CGI and WSGI make one variable of both spellings.
 */
const ownHeaders = new Set([
  "x-forwarded-for",
  "x-forwarded-port",
  "x-forwarded-proto",
  "x-amzn-requestid",
  "x-amzn-source-vpc",
]);
const ownPrefix = "x-amzn-lattice-";

/**
 * A caller's signature and session token are for the network, which has verified them: whoever holds them could replay them
 * against the service until they are too old. Other Authorization headers are the application's.
 */
const signatureScheme = "aws4-";

/** @returns whether a header of a request stays behind; X-Forwarded-For in its own spelling is the caller's to handle */
export function dropsFromRequest(name: string, value: string): boolean {
  switch (name.charCodeAt(0) | lowerCaseBit) {
    case letterA:
      return isAuthorization(name) && isSignature(value);
    case letterX:
      return isOwnHeader(name.toLowerCase().replaceAll("_", "-"));
    case letterC:
    case letterE:
    case letterH:
    case letterK:
    case letterP:
    case letterT:
    case letterU:
      return hopByHop.has(name.toLowerCase());
    default:
      return false;
  }
}

const lowerCaseBit = 0x20;
const letterA = 0x61;
const letterC = 0x63;
const letterE = 0x65;
const letterH = 0x68;
const letterK = 0x6b;
const letterP = 0x70;
const letterT = 0x74;
const letterU = 0x75;
const letterX = 0x78;

/** @returns whether the value of an Authorization header is an AWS signature, whatever its case */
export function isSignature(value: string): boolean {
  return value.slice(0, signatureScheme.length).toLowerCase() === signatureScheme;
}

function isAuthorization(name: string): boolean {
  return name.length === "authorization".length && name.toLowerCase() === "authorization";
}

/** Passed on with the caller's value in it. */
const sharedHeaders = new Set(["x-forwarded-for", "x-amzn-requestid"]);

/** @returns whether a target gets this header, if at all, without anything of the caller's in it */
export function isNetworkHeader(name: string): boolean {
  if ((name.charCodeAt(0) | lowerCaseBit) !== letterX) return false;
  const lower = name.toLowerCase();
  return !sharedHeaders.has(lower) && isOwnHeader(lower.replaceAll("_", "-"));
}

function isOwnHeader(name: string): boolean {
  return name.startsWith(ownPrefix) || ownHeaders.has(name) || name === "x-amz-security-token";
}

/** @returns whether a header of a target's or function's response stays behind */
export function dropsFromResponse(name: string): boolean {
  switch (name.charCodeAt(0) | lowerCaseBit) {
    case letterC:
    case letterK:
    case letterP:
    case letterT:
    case letterU:
      return hopByHop.has(name.toLowerCase());
    case letterX:
      return name.length === requestIdName.length && name.toLowerCase() === requestIdName;
    default:
      return false;
  }
}

const requestIdName = "x-amzn-requestid";

/**
 * @param rawHeaders names and values in turn
 * @returns the headers that a Connection header declares to be about this connection only, in lower case; undefined for none
 */
export function namedByConnection(rawHeaders: readonly string[]): ReadonlySet<string> | undefined {
  let named: Set<string> | undefined;
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i] as string;
    if (name.length !== "connection".length || name.toLowerCase() !== "connection") continue;
    const value = rawHeaders[i + 1] as string;
    if (value === "keep-alive" || value === "close") continue;
    for (const part of value.toLowerCase().split(",")) {
      const token = part.trim();
      if (token === "" || token === "close" || token === "keep-alive" || protectedNames.has(token)) continue;
      named ??= new Set();
      named.add(token);
    }
  }
  return named;
}
