import type { OnReadOpts, Socket } from "node:net";
import type { TargetOrigin } from "../target-origin.ts";

/**
 * Connects to a target, over TLS where its origin has a server name.
 * @param onread takes what comes; without it the socket may go on to somebody else, who has other ways to read it, and can be half
 * closed
 * @param protocols that are offered over TLS; none for HTTP/1.1
 * @returns a socket that is not connected yet
 */
export function openTargetSocket(
  { host, port, serverName }: TargetOrigin,
  onread: OnReadOpts | undefined,
  onConnect: () => void,
  protocols: string[] = [],
): Socket {
  const how = onread === undefined ? { allowHalfOpen: true } : { onread };
  const options = { host, port, noDelay: true, ...how };
  // A router whose targets are functions loads neither module.
  if (serverName === undefined) return process.getBuiltinModule("node:net").connect(options, onConnect);
  // Target certificates are not validated. Source: VPC Lattice user guide, target groups, read 2026-11.
  const tls = process.getBuiltinModule("node:tls");
  const offer = protocols.length === 0 ? {} : { ALPNProtocols: protocols };
  return tls.connect({ ...options, servername: serverName, rejectUnauthorized: false, ...offer }, onConnect);
}
