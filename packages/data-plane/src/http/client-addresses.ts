import type { Socket } from "node:net";
import type { ClientEndpoint } from "./proxy-header.ts";

/** Where a socket comes from, as `clientOf` reads it. */
interface Remote {
  readonly remoteAddress: string | undefined;
  readonly remotePort: number | undefined;
}

/**
 * The clients behind proxies. They are found by the two ends of the proxy's connection, which TLS on top of it has too, and which
 * no other open connection has.
 */
export class ClientAddresses {
  readonly #behind = new Map<string, Remote>();

  /** Notes who is behind a connection, until it closes. */
  note(socket: Socket, { address, port }: ClientEndpoint): void {
    const key = keyOf(socket);
    this.#behind.set(key, { remoteAddress: address, remotePort: port });
    socket.once("close", () => this.#behind.delete(key));
  }

  /** @returns the client behind a connection, or the other end of it */
  of(socket: Socket): Remote {
    if (this.#behind.size === 0) return socket;
    return this.#behind.get(keyOf(socket)) ?? socket;
  }
}

function keyOf({ remoteAddress, remotePort, localAddress, localPort }: Socket): string {
  return `${remoteAddress} ${remotePort} ${localAddress} ${localPort}`;
}
