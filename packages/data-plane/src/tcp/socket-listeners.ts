import type { Socket } from "node:net";

/** Everything that somebody wants to hear of a socket, to be taken back together when the socket goes on to somebody else. */
export interface SocketListeners {
  data(chunk: Buffer): void;
  drain(): void;
  end(): void;
  error(error: Error): void;
  timeout?(): void;
  close(): void;
}

/** Has the listeners called from now on. */
export function listen(socket: Socket, listeners: SocketListeners): void {
  for (const [event, listener] of Object.entries(listeners)) socket.on(event, listener);
}

/** Takes back what `listen` did; nobody hears of errors then, so whoever has the socket next listens at once. */
export function stopListening(socket: Socket, listeners: SocketListeners): void {
  for (const [event, listener] of Object.entries(listeners)) socket.off(event, listener);
}
