import { isIPv6 } from "node:net";

/** Where a connection comes from. */
export interface ClientEndpoint {
  readonly address: string;
  readonly port: number;
}

/** What a PROXY header says, with where the client's own bytes begin. */
export type ProxyReading =
  | { readonly kind: "incomplete" }
  /** It is no header of version 2, or one that this server has no use for. */
  | { readonly kind: "broken" }
  /** The client is undefined for what the proxy says itself, such as a health check of its own. */
  | { readonly kind: "header"; readonly client: ClientEndpoint | undefined; readonly end: number };

/** Source: HAProxy, "The PROXY protocol", version 2, §2.2. No text protocol begins so. */
const signature = Buffer.from("\r\n\r\n\0\r\nQUIT\n", "latin1");
const fixedLength = signature.length + 4;
/** Bytes behind the fixed ones: addresses and type-length-value items. A load balancer sends some hundred. */
const maxLength = 4_096;

const versionLocal = 0x20;
const versionProxy = 0x21;
/** Address family and transport, with the bytes that their addresses take. */
const unspecified = 0x00;
const tcp4 = { code: 0x11, addressBytes: 4 } as const;
const tcp6 = { code: 0x21, addressBytes: 16 } as const;

const incomplete = { kind: "incomplete" } as const;
const broken = { kind: "broken" } as const;

/** @param bytes all that a connection has sent so far. @returns what they say; whatever is after the addresses is skipped */
export function readProxyHeader(bytes: Buffer): ProxyReading {
  const known = Math.min(bytes.length, signature.length);
  if (bytes.compare(signature, 0, known, 0, known) !== 0) return broken;
  if (bytes.length < fixedLength) return incomplete;
  const [command, family] = [bytes[signature.length], bytes[signature.length + 1]];
  const length = bytes.readUInt16BE(signature.length + 2);
  if ((command !== versionLocal && command !== versionProxy) || length > maxLength) return broken;
  const end = fixedLength + length;
  if (bytes.length < end) return incomplete;
  if (command === versionLocal || family === unspecified) return { kind: "header", client: undefined, end };
  const transport = [tcp4, tcp6].find(({ code }) => code === family);
  // Datagrams and local sockets: no client of theirs can be behind a TCP connection.
  if (transport === undefined) return broken;
  const client = readClient(bytes.subarray(fixedLength, end), transport.addressBytes);
  return client === undefined ? broken : { kind: "header", client, end };
}

/** Source address, destination address, source port, destination port. */
function readClient(block: Buffer, addressBytes: 4 | 16): ClientEndpoint | undefined {
  if (block.length < 2 * addressBytes + 4) return undefined;
  const source = block.subarray(0, addressBytes);
  const address = addressBytes === 4 ? source.join(".") : ipv6Text(source);
  return { address, port: block.readUInt16BE(2 * addressBytes) };
}

/** @returns the usual form, which policies and VPCs compare by value: groups without leading zeros */
function ipv6Text(bytes: Buffer): string {
  const groups = Array.from({ length: 8 }, (_, i) => bytes.readUInt16BE(2 * i));
  // As a socket shows an IPv4 client that came over IPv6.
  if (groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff) {
    return `::ffff:${bytes.subarray(12).join(".")}`;
  }
  const text = groups.map((group) => group.toString(16)).join(":");
  const host = URL.parse(`http://[${text}]/`)?.hostname.slice(1, -1) ?? text;
  return isIPv6(host) ? host : text;
}
