import { type AddressInfo, createServer, type Socket } from "node:net";
import { onTestFinished } from "vitest";

/** A target that sees raw bytes and answers with raw bytes. */
export interface RawTarget {
  readonly id: string;
  readonly port: number;
  /** What each connection has sent so far, Latin-1, in the order of their opening. */
  readonly received: string[];
}

/** @param answer called with all that a connection has sent, whenever more has come */
export async function openRawTarget(
  answer: (socket: Socket, received: string, connection: number) => void,
): Promise<RawTarget> {
  const received: string[] = [];
  const sockets = new Set<Socket>();
  const server = createServer({ noDelay: true }, (socket) => {
    const connection = received.push("") - 1;
    sockets.add(socket);
    socket.on("error", () => undefined);
    socket.on("close", () => sockets.delete(socket));
    socket.on("data", (chunk) => {
      received[connection] += chunk.toString("latin1");
      answer(socket, received[connection] as string, connection);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  return { id: "127.0.0.1", port: (server.address() as AddressInfo).port, received };
}
