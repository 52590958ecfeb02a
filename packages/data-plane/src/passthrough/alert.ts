import type { Socket } from "node:net";

/** RFC 8446 §6.2 and RFC 6066 §3: why a handshake that was never begun is over. */
const descriptions = { accessDenied: 49, internalError: 80, unrecognizedName: 112 } as const;

export type AlertReason = keyof typeof descriptions;

const alertRecord = 0x15;
const fatal = 2;

/** Ends a connection in its ClientHello with a fatal alert, so that the client can say why. */
export function endWithAlert(socket: Socket, reason: AlertReason): void {
  if (!socket.writable) {
    socket.destroy();
    return;
  }
  socket.end(Buffer.from([alertRecord, 3, 3, 0, 2, fatal, descriptions[reason]]), () => socket.destroySoon());
  socket.resume();
}
