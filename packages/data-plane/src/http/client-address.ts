import type { TLSSocket } from "node:tls";
import type { ClientConnection } from "../exchange.ts";

/** What a request needs to know of a connection; IPv4 addresses that an IPv6 socket shows in IPv6 form are shown as IPv4. */
export function clientOf(
  {
    remoteAddress = "",
    remotePort = 0,
  }: { readonly remoteAddress?: string | undefined; readonly remotePort?: number | undefined },
  listenerPort: number,
  tls: TLSSocket | undefined,
): ClientConnection {
  const peerAddress = remoteAddress.startsWith("::ffff:") ? remoteAddress.slice("::ffff:".length) : remoteAddress;
  const plain = { listenerPort, peerAddress, peerPort: remotePort };
  if (tls === undefined) return plain;
  const { servername } = tls as TLSSocket & { readonly servername: string | false | undefined };
  return {
    ...plain,
    tls: {
      serverName: typeof servername === "string" ? servername.toLowerCase() : "",
      version: tls.getProtocol() ?? "-",
      cipher: tls.getCipher().name,
    },
  };
}
