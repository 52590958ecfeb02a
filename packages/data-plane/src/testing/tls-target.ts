import type { AddressInfo, Socket } from "node:net";
import { createServer, type TLSSocket } from "node:tls";
import { onTestFinished } from "vitest";

/** A target that terminates TLS itself. */
export interface TlsTarget {
  readonly id: string;
  readonly port: number;
  /** The server name of each connection, in the order of their handshakes. */
  readonly serverNames: (string | false | undefined)[];
}

/** @param answer called with each connection after its handshake */
export async function openTlsTarget(
  pem: { readonly key: string; readonly cert: string },
  answer: (socket: TLSSocket) => void,
): Promise<TlsTarget> {
  const serverNames: TlsTarget["serverNames"] = [];
  const sockets = new Set<Socket>();
  const server = createServer(pem, (socket) => {
    serverNames.push((socket as TLSSocket & { servername?: string | false }).servername);
    socket.on("error", () => undefined);
    answer(socket);
  });
  server.on("connection", (socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  return { id: "127.0.0.1", port: (server.address() as AddressInfo).port, serverNames };
}
