import { type AddressInfo, connect, createServer, type Socket } from "node:net";

/** A way to a server that can be shut: connections break then, and nobody listens. */
export interface Gate {
  readonly url: string;
  /** Resolves as `work` does, which finds the gate shut; it is open again afterwards. */
  whileShut<T>(work: () => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

/** Opens a gate before a server on this machine. */
export async function openGate(server: string): Promise<Gate> {
  const { port: target } = new URL(server);
  const sockets = new Set<Socket>();
  const track = (socket: Socket): void => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
    // Whoever waits for it hears of it; here it is all the same why a connection ends.
    socket.on("error", () => socket.destroy());
  };
  const gate = createServer((client) => {
    const upstream = connect(Number(target), "127.0.0.1");
    for (const socket of [client, upstream]) track(socket);
    client.pipe(upstream).pipe(client);
    client.once("close", () => upstream.destroy());
    upstream.once("close", () => client.destroy());
  });
  const listen = (port: number): Promise<void> => new Promise((done) => void gate.listen(port, "127.0.0.1", done));
  const shut = (): Promise<void> => {
    const closed = new Promise<void>((done) => void gate.close(() => done()));
    for (const socket of sockets) socket.destroy();
    return closed;
  };
  await listen(0);
  const { port } = gate.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    async whileShut(work) {
      await shut();
      try {
        return await work();
      } finally {
        await listen(port);
      }
    },
    close: shut,
  };
}
