import { type ClientConnection, type ReadHead, readHead } from "@pergola/data-plane";
import type { AwsPrincipal } from "@pergola/iam";

/** A request that came as an event, whole. */
export interface EventRequest {
  readonly head: ReadHead["head"];
  readonly body: Buffer;
  readonly connection: ClientConnection;
  /** Set where Lambda has verified the caller. */
  readonly principal: AwsPrincipal | undefined;
}

/** What an event says of a request, whatever its kind; still unchecked. */
export interface EventParts {
  readonly method: string;
  /** Not decoded. */
  readonly path: string;
  /** Not decoded, without `?`. */
  readonly query: string;
  /** Names and values in turn. */
  readonly rawHeaders: readonly string[];
  readonly body: string | null | undefined;
  readonly isBase64Encoded: boolean | undefined;
  /** As the caller of the event knows it, not as a client claims. */
  readonly peerAddress: string;
  readonly peerPort: number;
  readonly protocol: string;
  readonly principal: AwsPrincipal | undefined;
}

/** How requests are read, from the settings. */
export interface EventReading {
  readonly trustForwardedHost: boolean;
  readonly listener?: { readonly protocol: "HTTP" | "HTTPS"; readonly port: number };
}

// A target as HTTP/1.1 could carry it: what has spaces, control characters or bytes above ASCII in it was decoded on the way, or
// made by whoever may invoke the function directly; it could end a request line or a log line.
const rawPath = /^\/[\x21-\x22\x24-\x3e\x40-\x7e]*$/;
const rawQuery = /^[\x21-\x22\x24-\x7e]*$/;
const methodToken = /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,32}$/;
const headerName = /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,256}$/;
// A tab is the one control character that HTTP allows in a value.
const headerText = /^[\t\x20-\x7e\x80-\xff]*$/;
/** Source: VPC Lattice quotas: more than 60 KB of headers are a 400. */
const maxHeadCharacters = 60 * 1024;

/**
 * Turns the parts of an event into a request, under the same rules as requests from a socket.
 * @returns undefined when it is malformed: a 400
 */
export function readEventRequest(parts: EventParts, reading: EventReading): EventRequest | undefined {
  const { method, path, query, peerAddress, peerPort, principal } = parts;
  if (!methodToken.test(method) || !rawPath.test(path) || !rawQuery.test(query)) return undefined;
  const body = readBody(parts);
  const given = body && checkedHeaders(parts.rawHeaders, body.length);
  if (body === undefined || given === undefined) return undefined;
  const forwarded = takeForwarded(given, peerAddress, reading.trustForwardedHost);
  if (forwarded === undefined) return undefined;
  const target = query === "" ? path : `${path}?${query}`;
  if (target.length + forwarded.rawHeaders.join("").length > maxHeadCharacters) return undefined;
  const read = readHead(method, target, "HTTP/1.1", forwarded.rawHeaders);
  if (read === undefined) return undefined;
  const head = { ...read.head, protocol: parts.protocol };
  const { protocol, port } = reading.listener ?? forwarded;
  const plain = { listenerPort: port, peerAddress, peerPort };
  const connection = protocol === "HTTP" ? plain : { ...plain, tls: { ...forwarded.tls, serverName: head.host } };
  return { head, body, connection, principal };
}

function readBody({ body, isBase64Encoded }: EventParts): Buffer | undefined {
  if (body === null || body === undefined) return Buffer.alloc(0);
  if (typeof body !== "string") return undefined;
  return Buffer.from(body, isBase64Encoded === true ? "base64" : "utf8");
}

/** The event has its own framing: the client's must agree with it, so that a target behind reads the same body. */
function checkedHeaders(rawHeaders: readonly string[], bodyLength: number): string[] | undefined {
  const checked: string[] = [];
  let hasLength = false;
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i] as string;
    const value = rawHeaders[i + 1];
    if (!headerName.test(name) || typeof value !== "string" || !headerText.test(value)) return undefined;
    const lower = name.toLowerCase();
    if (lower === "transfer-encoding") continue;
    if (lower === "content-length") {
      if (hasLength || value !== String(bodyLength)) return undefined;
      hasLength = true;
    }
    checked.push(name, value);
  }
  if (!hasLength && bodyLength > 0) checked.push("content-length", String(bodyLength));
  return checked;
}

interface Forwarded {
  readonly rawHeaders: string[];
  readonly protocol: "HTTP" | "HTTPS";
  readonly port: number;
  readonly tls: { readonly version: string; readonly cipher: string };
}

/**
 * Takes what the load balancer or URL in front says of the client's connection out of the headers. It writes
 * X-Forwarded-Proto and -Port itself, and itself appends the peer to X-Forwarded-For, as the data plane will do again.
 * Source: Elastic Load Balancing user guide, "HTTP headers and Application Load Balancers", read 2026-11.
 */
function takeForwarded(given: readonly string[], peer: string, trustHost: boolean): Forwarded | undefined {
  const rawHeaders: string[] = [];
  const last = new Map<string, string>();
  let hostAt = -1;
  for (let i = 0; i < given.length; i += 2) {
    const name = given[i] as string;
    const value = given[i + 1] as string;
    const lower = name.toLowerCase();
    if (lower === "host") hostAt = rawHeaders.length + 1;
    if (forwardedNames.has(lower)) {
      if (lower === "x-forwarded-host" && last.has(lower)) return undefined;
      last.set(lower, value);
    }
    const kept = lower === "x-forwarded-for" ? withoutPeer(value, peer) : value;
    if (kept !== "" || value === "") rawHeaders.push(name, kept);
  }
  const forwardedHost = last.get("x-forwarded-host");
  // Signatures, policies and targets speak of the name that the client asked for.
  if (trustHost && forwardedHost !== undefined && hostAt !== -1) rawHeaders[hostAt] = forwardedHost;
  const protocol = last.get("x-forwarded-proto") === "http" ? "HTTP" : "HTTPS";
  const port = readPort(last.get("x-forwarded-port")) ?? (protocol === "HTTP" ? 80 : 443);
  const tls = {
    version: last.get("x-amzn-tls-version") ?? "-",
    cipher: last.get("x-amzn-tls-cipher-suite") ?? "-",
  };
  return { rawHeaders, protocol, port, tls };
}

const forwardedNames = new Set([
  "x-forwarded-host",
  "x-forwarded-proto",
  "x-forwarded-port",
  "x-amzn-tls-version",
  "x-amzn-tls-cipher-suite",
]);

function withoutPeer(value: string, peer: string): string {
  const comma = value.lastIndexOf(",");
  return value.slice(comma + 1).trim() === peer ? value.slice(0, Math.max(0, comma)).trim() : value;
}

function readPort(text: string | undefined): number | undefined {
  if (text === undefined || !/^[1-9]\d{0,4}$/.test(text)) return undefined;
  return Number(text) < 65_536 ? Number(text) : undefined;
}
