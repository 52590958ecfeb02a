import type { Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import type { ClientConnection } from "../exchange.ts";
import type { ClientEndpoint } from "./proxy-header.ts";

/** What was found out before a connection got to whoever asks. */
interface Known {
  /** The client behind a proxy. */
  readonly client: ClientEndpoint | undefined;
  /** In lower case, as the ClientHello has it: for a session that is taken up again, TLS itself does not say. */
  readonly serverName: string | undefined;
}

/** What a request needs to know of a connection; IPv4 addresses that an IPv6 socket shows in IPv6 form are shown as IPv4. */
export function clientOf(
  socket: Socket,
  listenerPort: number,
  tls: TLSSocket | undefined,
  { client, serverName = "" }: Known,
): ClientConnection {
  const { address, port } = client ?? { address: socket.remoteAddress ?? "", port: socket.remotePort ?? 0 };
  const peerAddress = address.startsWith("::ffff:") ? address.slice("::ffff:".length) : address;
  const plain = { listenerPort, peerAddress, peerPort: port };
  if (tls === undefined) return plain;
  return { ...plain, tls: { serverName, version: tls.getProtocol() ?? "-", cipher: tls.getCipher().name } };
}
