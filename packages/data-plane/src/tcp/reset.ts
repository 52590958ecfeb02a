import { Socket } from "node:net";

/**
 * Ends a connection in a way that its peer cannot take for the end of the stream: a TCP reset, which TLS does not need, since its
 * own end of a stream is missing then.
 */
export function reset(socket: Socket): void {
  if (socket.constructor === Socket && !socket.destroyed) socket.resetAndDestroy();
  else socket.destroy();
}
