import type { Socket } from "node:net";

/**
 * What is known of connections, for whatever lies on top of them: TLS has sockets of its own. They are found by the two ends of the
 * connection, which no other open one has.
 */
export class ConnectionNotes<T> {
  readonly #notes = new Map<string, T>();

  /** Notes something, until the connection closes. */
  note(socket: Socket, value: T): void {
    const key = keyOf(socket);
    this.#notes.set(key, value);
    socket.once("close", () => this.#notes.delete(key));
  }

  /** @param socket the connection's, or one on top of it */
  of(socket: Socket): T | undefined {
    return this.#notes.size === 0 ? undefined : this.#notes.get(keyOf(socket));
  }
}

function keyOf({ remoteAddress, remotePort, localAddress, localPort }: Socket): string {
  return `${remoteAddress} ${remotePort} ${localAddress} ${localPort}`;
}
